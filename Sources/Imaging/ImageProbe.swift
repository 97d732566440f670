import CImageShims
import Foundation

/// The content of an image's header, read without decoding a pixel.
package struct ImageProbe: Sendable, Equatable {
    package let format: ImageFormat
    /// Size of the upright image, in pixels; at least 1.
    package let width: Int
    package let height: Int
    /// 1 or 3, as the decoded `Frame` will have.
    package let channels: Int
    /// 8 or 16, as the decoded `Frame` will have.
    package let bitDepth: Int
}

extension Frame {
    /// Reads an image's header only: `data` may end anywhere after it.
    package static func probe(_ data: Data) throws(ImageError) -> ImageProbe {
        try EncodedImage(data).probe
    }
}

/// Encoded bytes whose header has been read.
struct EncodedImage {
    let format: ImageFormat
    let data: Data
    let header: cis_header

    init(_ data: Data) throws(ImageError) {
        let format = try ImageFormat.recognise(data)
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

    var probe: ImageProbe {
        ImageProbe(
            format: format, width: Int(isTurned ? header.height : header.width),
            height: Int(isTurned ? header.width : header.height), channels: Int(header.channels),
            bitDepth: Int(header.bit_depth))
    }
}
