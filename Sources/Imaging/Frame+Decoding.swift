import CImageShims
import Foundation

extension Frame {
    /// Decodes a JPEG or PNG.
    ///
    /// JPEG: grey, YCbCr, RGB, CMYK and YCCK, baseline, progressive and arithmetic-coded, turned upright as its EXIF
    /// orientation says. PNG: every colour type and depth; 16-bit samples kept; transparency as `Frame.Alpha` says. A
    /// grey image has one channel, every other three.
    ///
    /// An error means that pixels are missing or may be wrong. A merely untidy file (stray bytes between header
    /// segments, padding, a wrong checksum of a description) is decoded, and the frame has `remarks`.
    ///
    /// Throws an `ImageError`: `empty`, `unsupported` (another format or kind, named), `tooLarge` (by the header,
    /// before any pixel memory exists), `truncated`, `corrupt` or `noMemory`. An image whose end is missing is never
    /// returned in part.
    package static func decode(_ data: Data, limits: DecodeLimits = .default) throws(ImageError) -> Frame {
        let picture = try EncodedImage(data)
        try limits.check(picture.probe)
        var notes = DecoderNotes()
        let samples: Samples =
            if picture.header.bit_depth == 16 {
                .sixteen(try picture.decodedSamples(&notes))
            } else {
                .eight(picture.upright(try picture.decodedSamples(&notes)))
            }
        let probe = picture.probe
        return Frame(
            width: probe.width, height: probe.height, channels: probe.channels, samples: samples,
            remarks: notes.remarks(about: picture.format), alpha: notes.frameAlpha)
    }
}

/// A decoder's remarks.
private struct DecoderNotes {
    var alpha = CIS_ALPHA_NONE
    var untidiness = cis_remarks()

    var frameAlpha: Frame.Alpha {
        switch alpha {
        case CIS_ALPHA_OPAQUE: .opaque
        case CIS_ALPHA_PARTLY, CIS_ALPHA_KEYED: .partly
        case CIS_ALPHA_ZERO: .zeroEverywhere
        default: .none
        }
    }

    private var transparency: String? {
        switch alpha {
        case CIS_ALPHA_PARTLY: "parts of the image are transparent (alpha): they were composed over black"
        case CIS_ALPHA_KEYED:
            "a colour of the image is marked as transparent (tRNS): ignored, its pixels are used as stored"
        case CIS_ALPHA_ZERO:
            "the whole image is transparent (alpha is 0 everywhere): its colours are used as stored; set the camera to "
                + "RGB or grey without alpha"
        default: nil
        }
    }

    func remarks(about format: ImageFormat) -> [String] {
        let untidy = withUnsafePointer(to: untidiness) { list in
            (0..<list.pointee.count).map { index in
                "untidy \(format.name), pixels unaffected: \(String(cString: cis_remark_text(list, index)))"
            }
        }
        return untidy + (transparency.map { [$0] } ?? [])
    }
}

extension EncodedImage {
    private var sampleCount: Int { Int(header.width) * Int(header.height) * Int(header.channels) }

    /// The stored image's samples; `Sample` is the type for the header's depth.
    fileprivate func decodedSamples<Sample: FixedWidthInteger>(
        _ notes: inout DecoderNotes
    ) throws(ImageError) -> [Sample] {
        precondition(Sample.bitWidth == Int(header.bit_depth))
        var header = header
        var failure = cis_error()
        let samples = [Sample](unsafeUninitializedCapacity: sampleCount) { pixels, count in
            data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
                let start = bytes.bindMemory(to: UInt8.self).baseAddress
                let out = pixels.baseAddress
                _ =
                    switch format {
                    case .jpeg: cis_jpeg_decode(start, bytes.count, &header, out, &notes.untidiness, &failure)
                    case .png:
                        cis_png_decode(start, bytes.count, &header, out, &notes.alpha, &notes.untidiness, &failure)
                    }
            }
            count = failure.code == CIS_OK ? sampleCount : 0
        }
        if let error = ImageError(failure, whileReading: format) { throw error }
        return samples
    }

    /// Turns the stored image as its EXIF orientation says.
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
