import CImageShims
import Foundation

/// What a picture's header says, read without decoding a pixel.
public struct PictureProbe: Sendable, Equatable {
    public let format: PictureFormat
    /// Of the upright picture, in pixels; at least 1.
    public let width: Int
    public let height: Int
    /// 1 or 3, as the decoded `Frame` will have.
    public let channels: Int
    /// 8 or 16, as the decoded `Frame` will have.
    public let bitDepth: Int

    /// How many of a file's last bytes `hasEndMarker` wants.
    public static let tailLength = 4096

    /// Whether a file that ends with `tail` was written to its end: it closes with JPEG's end-of-image marker or PNG's IEND chunk,
    /// possibly followed by padding (zeros, 0xFF, blanks, line ends).
    ///
    /// A hint for a watcher that wants to wait for the rest. False also for what is no picture, and for a complete one with a
    /// foreign trailer: do not wait for ever.
    public static func hasEndMarker(tail: Data) -> Bool {
        var end = tail.endIndex
        while end > tail.startIndex {
            let rest = tail[tail.startIndex..<end]
            if rest.ends(with: endOfImage) || rest.ends(with: iendChunk) { return true }
            guard padding.contains(tail[end - 1]) else { return false }
            end -= 1
        }
        return false
    }

    private static let endOfImage: [UInt8] = [0xFF, 0xD9]
    private static let iendChunk: [UInt8] = [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]
    private static let padding: Set<UInt8> = [0x00, 0xFF, 0x20, 0x0A, 0x0D]
}

extension Data {
    fileprivate func ends(with bytes: [UInt8]) -> Bool {
        count >= bytes.count && suffix(bytes.count).elementsEqual(bytes)
    }
}

extension Frame {
    /// Reads a picture's header only: `data` may end anywhere after it.
    public static func probe(_ data: Data) throws(ImageError) -> PictureProbe {
        try EncodedPicture(data).probe
    }
}

/// Encoded bytes whose header has been read.
struct EncodedPicture {
    let format: PictureFormat
    let data: Data
    let header: cis_header

    init(_ data: Data) throws(ImageError) {
        let format = try PictureFormat.recognise(data)
        var header = cis_header()
        var failure = cis_error()
        data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            let start = bytes.bindMemory(to: UInt8.self).baseAddress
            _ =
                switch format {
                case .jpeg: cis_jpeg_read_header(start, bytes.count, &header, &failure)
                case .png: cis_png_read_header(start, bytes.count, &header, &failure)
                }
        }
        if let error = ImageError(failure, whileReading: format) { throw error }
        self.format = format
        self.data = data
        self.header = header
    }

    /// Orientations 5…8 swap width and height.
    var isTurned: Bool { header.orientation >= 5 }

    var probe: PictureProbe {
        PictureProbe(
            format: format, width: Int(isTurned ? header.height : header.width),
            height: Int(isTurned ? header.width : header.height), channels: Int(header.channels),
            bitDepth: Int(header.bit_depth))
    }
}
