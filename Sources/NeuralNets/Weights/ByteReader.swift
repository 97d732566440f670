import Foundation

/// Bounds-checked little-endian reading.
struct ByteReader {
    let data: Data
    /// Offset from the data's start.
    private(set) var position: Int
    private let what: String

    init(_ data: Data, at position: Int = 0, what: String) {
        self.data = data
        self.position = position
        self.what = what
    }

    var remaining: Int { data.count - position }

    mutating func bytes(_ count: Int) throws -> Data {
        guard count >= 0, position >= 0, count <= data.count - position else {
            throw WeightError(.truncated, "\(what) is cut short: \(count) bytes wanted at \(position) of \(data.count)")
        }
        defer { position += count }
        return data[data.startIndex + position..<data.startIndex + position + count]
    }

    mutating func byte() throws -> UInt8 {
        let slice = try bytes(1)
        return slice[slice.startIndex]
    }

    mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        try bytes(MemoryLayout<T>.size).reversed().reduce(T.zero) { $0 << 8 | T(truncatingIfNeeded: $1) }
    }

    /// Up to and without the newline.
    mutating func line(limit: Int = 4096) throws -> String {
        let start = position
        while try byte() != 0x0a {
            if position - start > limit { throw WeightError(.corrupt, "\(what): a line of over \(limit) bytes") }
        }
        return String(decoding: data[data.startIndex + start..<data.startIndex + position - 1], as: UTF8.self)
    }
}
