import InspectionDomain

/// A path as the kernel has it: bytes, not necessarily UTF-8. Cameras and shares produce names that `String` would
/// alter.
package struct RawPath: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Without a terminating zero.
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    package init(_ path: String) { bytes = Array(path.utf8) }

    package static func < (a: RawPath, b: RawPath) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }

    /// The path for people: bytes that are no UTF-8 are written `\xNN`, and what would steer a terminal or forge a line
    /// of a log is escaped (`PrintableText`). Not a path to open: `hex` and `string` are for programs.
    package var description: String {
        if let exact = String(validating: bytes, as: UTF8.self) { return exact.printable }
        var text = "", rest = bytes[...]
        while let first = rest.first {
            let length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
            if let character = String(validating: rest.prefix(length), as: UTF8.self) {
                text += character.printable
                rest = rest.dropFirst(length)
            } else {
                text += "\\x" + String(first >> 4, radix: 16) + String(first & 15, radix: 16)
                rest = rest.dropFirst()
            }
        }
        return text
    }

    /// The path for an interface that takes text: exact for UTF-8, other bytes are replaced.
    package var string: String { String(decoding: bytes, as: UTF8.self) }

    /// A component below this one.
    package func appending(_ component: RawPath) -> RawPath {
        RawPath(
            bytes: bytes.last == UInt8(ascii: "/")
                ? bytes + component.bytes : bytes + [UInt8(ascii: "/")] + component.bytes)
    }

    package func appending(_ component: String) -> RawPath { appending(RawPath(component)) }

    package static func / (path: RawPath, component: String) -> RawPath { path.appending(component) }

    /// The last component.
    package var name: RawPath {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return self }
        return RawPath(bytes: Array(bytes[(slash + 1)...]))
    }

    /// All but the last component; "." where there is none.
    package var parent: RawPath {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return RawPath(".") }
        return RawPath(bytes: slash == 0 ? [UInt8(ascii: "/")] : Array(bytes[..<slash]))
    }

    /// The last component before its last dot, and what follows the dot.
    package var stemAndExtension: (stem: [UInt8], extension: [UInt8]) {
        let name = name.bytes
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return (name, []) }
        return (Array(name[..<dot]), Array(name[(dot + 1)...]))
    }

    /// Whether this path is `folder` or lies below it.
    package func isInside(_ folder: RawPath) -> Bool {
        bytes == folder.bytes || bytes.starts(with: folder.bytes + [UInt8(ascii: "/")])
    }

    /// Lower-case hex of the bytes: the exact name in a JSON file.
    package var hex: String { bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }

    package init?(hex: String) {
        let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == hex.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// Calls `body` with the zero-terminated path.
    func withCPath<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        try (bytes + [0]).withUnsafeBufferPointer { buffer in
            try buffer.withMemoryRebound(to: CChar.self) { try body($0.baseAddress!) }
        }
    }
}
