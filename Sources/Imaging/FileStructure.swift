import Foundation

/// The completeness of an image file, from a walk over its segments or chunks without decoding a pixel.
///
/// A JPEG is walked marker by marker: a segment with a length is skipped with its content, so the end marker of an
/// embedded thumbnail is not taken for the image's; scan data is searched for the next marker. Stray bytes between
/// segments are skipped as in a decoder. A PNG is walked chunk by chunk.
package enum FileStructure: Sendable, Equatable {
    /// The image ends at byte `end`; later bytes do not belong to it.
    case whole(end: Int)
    /// The image has an end but doubtful content: a block of zeros instead of pixel data, as in a file that was
    /// allocated before it was filled, or segments with impossible lengths. A decoder may still accept it.
    case doubtful
    /// The file ends before the image, or its data is not yet written (no bytes, or zeros).
    case unfinished
    /// Neither JPEG nor PNG.
    case unknown

    /// A whole block of zeros, at a multiple of its size, is a hole.
    private static let block = 4096

    /// - Parameters:
    ///   - size: bytes in the file.
    ///   - read: at most this many of the file's bytes from an offset on; fewer only at its end.
    package static func walk(
        size: Int, read: (_ offset: Int, _ count: Int) throws -> Data
    ) throws -> FileStructure {
        try withoutActuallyEscaping(read) { try walk(ByteWindow(size: size, read: $0)) }
    }

    private static func walk(_ bytes: ByteWindow) throws -> FileStructure {
        guard let first = try bytes[0] else { return .unfinished }
        let head = try (0..<8).compactMap { try bytes[$0] }
        if first == 0, try bytes.isZero(from: 0, count: min(bytes.size, 512)) { return .unfinished }
        for format in ImageFormat.allCases where format.signature.starts(with: head.prefix(format.signature.count)) {
            guard head.count >= format.signature.count else { return .unfinished }
            switch format {
            case .jpeg: return try walkJPEG(bytes)
            case .png: return try walkPNG(bytes)
            }
        }
        return .unknown
    }

    private static func walkJPEG(_ bytes: ByteWindow) throws -> FileStructure {
        var at = 2
        var hasScan = false, hasHole = false
        while let (marker, position) = try nextMarker(bytes, from: at, &hasHole, inScan: hasScan) {
            at = position + 1
            switch marker {
            case 0xD9 where hasScan:
                return hasHole ? .doubtful : .whole(end: at)
            // Stuffed bytes, restarts, and markers without a length.
            case 0x00, 0x01, 0xD0...0xD9:
                continue
            default:
                guard let high = try bytes[at], let low = try bytes[at + 1] else {
                    at = bytes.size
                    continue
                }
                let length = Int(high) << 8 | Int(low)
                // A length that counts less than itself: not a segment.
                if length < 2 { continue }
                hasScan = hasScan || marker == 0xDA
                at += length
            }
        }
        return try endsWithItsMarker(bytes, [0xFF, 0xD9]) ? .doubtful : .unfinished
    }

    /// The next marker's code and position; nil at the end of the file.
    private static func nextMarker(
        _ bytes: ByteWindow, from start: Int, _ hasHole: inout Bool, inScan: Bool
    ) throws -> (marker: UInt8, position: Int)? {
        guard let found = try bytes.firstIndex(of: 0xFF, from: start) else { return nil }
        if inScan, !hasHole { hasHole = try bytes.hasZeroBlock(in: start..<found, block: block) }
        var at = found + 1
        while let byte = try bytes[at] {
            if byte != 0xFF { return (byte, at) }
            at += 1
        }
        return nil
    }

    private static func walkPNG(_ bytes: ByteWindow) throws -> FileStructure {
        var at = 8
        var hasHole = false
        while true {
            let head = try (at..<(at + 8)).compactMap { try bytes[$0] }
            let type = head.suffix(4)
            guard head.count == 8, type.allSatisfy({ (65...90).contains($0) || (97...122).contains($0) }) else { break }
            let length = head.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            let end = at + 12 + length
            guard end <= bytes.size else { break }
            if type.elementsEqual("IEND".utf8) { return hasHole ? .doubtful : .whole(end: end) }
            if !hasHole, type.elementsEqual("IDAT".utf8) {
                hasHole = try bytes.hasZeroBlock(in: (at + 8)..<(end - 4), block: block)
            }
            at = end
        }
        return try endsWithItsMarker(bytes, [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]) ? .doubtful : .unfinished
    }

    /// Whether the file ends with the format's last bytes, except for padding (zeros, 0xFF, blanks, line ends).
    private static func endsWithItsMarker(_ bytes: ByteWindow, _ marker: [UInt8]) throws -> Bool {
        var end = bytes.size
        let least = max(marker.count, end - block)
        while end >= least {
            let tail = try ((end - marker.count)..<end).compactMap { try bytes[$0] }
            if tail == marker { return true }
            guard let last = try bytes[end - 1], [0x00, 0xFF, 0x20, 0x0A, 0x0D].contains(last) else { return false }
            end -= 1
        }
        return false
    }
}

/// A file's bytes, read piece by piece on demand.
private final class ByteWindow {
    private static let length = 1 << 18

    let size: Int
    private let read: (Int, Int) throws -> Data
    private var start = 0
    private var piece: [UInt8] = []

    init(size: Int, read: @escaping (Int, Int) throws -> Data) {
        (self.size, self.read) = (size, read)
    }

    /// Nil beyond the file's end.
    subscript(offset: Int) -> UInt8? {
        get throws {
            guard try fill(offset) else { return nil }
            return piece[offset - start]
        }
    }

    /// Loads the piece that holds a byte.
    private func fill(_ offset: Int) throws -> Bool {
        guard offset >= 0, offset < size else { return false }
        if offset >= start, offset < start + piece.count { return true }
        // Some bytes before it too: markers and tails are read backwards.
        start = max(0, offset - 64)
        piece = Array(try read(start, min(Self.length, size - start)))
        return offset < start + piece.count
    }

    func firstIndex(of byte: UInt8, from offset: Int) throws -> Int? {
        var at = offset
        while try fill(at) {
            let from = at - start
            let found = piece.withUnsafeBytes { bytes in
                memchr(bytes.baseAddress! + from, Int32(byte), bytes.count - from).map {
                    UnsafeRawPointer($0) - bytes.baseAddress!
                }
            }
            if let found { return start + found }
            at = start + piece.count
        }
        return nil
    }

    func isZero(from offset: Int, count: Int) throws -> Bool {
        var at = offset
        while at < offset + count {
            guard try fill(at) else { return true }
            let end = min(offset + count, start + piece.count)
            let isZero = piece.withUnsafeBytes { bytes in
                let (from, length) = (at - start, end - at)
                // Equal to itself shifted by one, and the first is zero: all are.
                return bytes[from] == 0
                    && memcmp(bytes.baseAddress! + from, bytes.baseAddress! + from + 1, length - 1) == 0
            }
            guard isZero else { return false }
            at = end
        }
        return true
    }

    func hasZeroBlock(in range: Range<Int>, block: Int) throws -> Bool {
        var at = (range.lowerBound + block - 1) / block * block
        while at + block <= range.upperBound {
            if try isZero(from: at, count: block) { return true }
            at += block
        }
        return false
    }
}
