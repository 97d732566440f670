import CImageShims
import Foundation

extension Frame {
    /// Decodes a JPEG or PNG.
    ///
    /// JPEG: grey, YCbCr, RGB, CMYK and YCCK, baseline and progressive, turned upright as its EXIF orientation says. PNG: every
    /// colour type and depth; alpha composed over black; 16-bit samples kept. A grey picture has one channel, every other three.
    ///
    /// Throws an `ImageError`: `empty`, `unsupported` (another format, named), `tooLarge` (by the header, before any pixel
    /// memory exists), `truncated`, `corrupt` or `noMemory`. A picture whose end is missing is never returned in part.
    public static func decode(_ data: Data, limits: DecodeLimits = .default) throws(ImageError) -> Frame {
        let picture = try EncodedPicture(data)
        try limits.check(picture.probe)
        let samples: Samples =
            if picture.header.bit_depth == 16 {
                .sixteen(try picture.decodedSamples())
            } else {
                .eight(picture.upright(try picture.decodedSamples()))
            }
        let probe = picture.probe
        return Frame(width: probe.width, height: probe.height, channels: probe.channels, samples: samples)
    }
}

extension EncodedPicture {
    private var sampleCount: Int { Int(header.width) * Int(header.height) * Int(header.channels) }

    /// The stored picture's samples; `Sample` is the type the header's depth asks for.
    func decodedSamples<Sample: FixedWidthInteger>() throws(ImageError) -> [Sample] {
        precondition(Sample.bitWidth == Int(header.bit_depth))
        var header = header
        var failure = cis_error()
        let samples = [Sample](unsafeUninitializedCapacity: sampleCount) { pixels, count in
            data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
                let start = bytes.bindMemory(to: UInt8.self).baseAddress
                _ =
                    switch format {
                    case .jpeg: cis_jpeg_decode(start, bytes.count, &header, pixels.baseAddress, &failure)
                    case .png: cis_png_decode(start, bytes.count, &header, pixels.baseAddress, &failure)
                    }
            }
            count = failure.code == CIS_OK ? sampleCount : 0
        }
        if let error = ImageError(failure, whileReading: format) { throw error }
        return samples
    }

    /// Turns the stored picture as its EXIF orientation says.
    func upright(_ stored: [UInt8]) -> [UInt8] {
        guard header.orientation != 1 else { return stored }
        return [UInt8](unsafeUninitializedCapacity: stored.count) { pixels, count in
            cis_orient(
                stored, Int(header.width), Int(header.height), Int(header.channels), header.orientation,
                pixels.baseAddress)
            count = stored.count
        }
    }
}
