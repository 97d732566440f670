import CImageShims
import Foundation

/// A PNG's samples as stored: palette indices instead of colours, alpha beside the colours, unscaled. For images whose
/// values are labels, not light.
package struct StoredSamples: Sendable {
    package let width, height: Int
    /// 1 (grey, or an index into the palette), 2 (grey, alpha), 3 (red, green, blue) or 4 (red, green, blue, alpha).
    package let channels: Int
    package let isPalette: Bool
    /// Row by row, the channels of a pixel beside each other.
    package let values: [UInt16]

    /// The last of 2 or 4 channels.
    package var hasAlpha: Bool { channels.isMultiple(of: 2) }

    /// Throws an `ImageError`, as `Frame.decode` does; `unsupported` for all formats except PNG.
    package init(png data: Data, limits: DecodeLimits = .default) throws(ImageError) {
        let picture = try EncodedImage(data)
        guard picture.format == .png else {
            throw ImageError(.unsupported, "it is a \(picture.format.name), not a PNG")
        }
        try limits.check(picture.probe)
        var header = cis_stored()
        var failure = cis_error()
        data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            let start = bytes.bindMemory(to: UInt8.self).baseAddress
            _ = cis_png_stored_header(start, bytes.count, &header, &failure)
        }
        if let error = ImageError(failure, whileReading: .png) { throw error }
        let count = Int(header.width) * Int(header.height) * Int(header.channels)
        values = [UInt16](unsafeUninitializedCapacity: count) { samples, initialized in
            data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
                let start = bytes.bindMemory(to: UInt8.self).baseAddress
                _ = cis_png_stored_read(start, bytes.count, &header, samples.baseAddress, &failure)
            }
            initialized = failure.code == CIS_OK ? count : 0
        }
        if let error = ImageError(failure, whileReading: .png) { throw error }
        (width, height) = (Int(header.width), Int(header.height))
        (channels, isPalette) = (Int(header.channels), header.is_palette)
    }
}
