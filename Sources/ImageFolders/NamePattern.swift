import Glibc
import LinuxPlatform

/// A shell pattern for names in a watched folder, as `only:` and `ignore:` have it: `*.jpg`, `*_preview.*`,
/// `raw/*.png`, `@eaDir/`.
///
/// Case is ignored. A pattern that ends with `/` matches folders, any other matches files; one with a `/` inside
/// is compared with the path below the watched folder, any other with the name alone.
package struct NamePattern: Sendable, Equatable {
    package let text: String
    /// Zero-terminated, in lower case, without the slash of a folder pattern.
    private let pattern: [CChar]
    package let isForFolders: Bool
    private let isPath: Bool

    /// Nil for a pattern that can match nothing: an empty one, or one that begins with `/`.
    package init?(_ text: String) {
        isForFolders = text.hasSuffix("/")
        let body = isForFolders ? String(text.dropLast()) : text
        guard !body.isEmpty, !body.hasPrefix("/"), !body.utf8.contains(0) else { return nil }
        self.text = text
        isPath = body.contains("/")
        pattern = NamePattern.folded(Array(body.utf8))
    }

    /// - Parameter path: below the watched folder; its last component is the name.
    func matches(_ path: RawPath) -> Bool {
        let subject = Self.folded((isPath ? path : path.name).bytes)
        return fnmatch(pattern, subject, FNM_PATHNAME) == 0
    }

    private static func folded(_ bytes: [UInt8]) -> [CChar] {
        bytes.map { CChar(bitPattern: (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0) } + [0]
    }
}
