import CImageShims
import Foundation

/// The effort of PNG's compression: libdeflate's levels.
package struct PNGCompression: Sendable, Equatable {
    /// 0 (stored) … 12 (smallest).
    package let level: Int

    package init(level: Int) {
        precondition((0...12).contains(level), "libdeflate level \(level), expected 0…12")
        self.level = level
    }

    /// For files written while a line waits.
    package static let fast = PNGCompression(level: 1)
    /// For what is mostly the same value: level 1 looks at each byte of a repetition, which takes it twice the time.
    package static let uniform = PNGCompression(level: 2)
    /// For files that are kept.
    package static let small = PNGCompression(level: 9)
}

extension Frame {
    /// Encodes losslessly as PNG: 8 or 16 bit, grey or RGB, as the frame is.
    ///
    /// `text` becomes a tEXt chunk (Latin-1 key of 1…79 characters, and value).
    package func encodedPNG(
        compression: PNGCompression = .fast, text: (key: String, value: String)? = nil
    ) throws(ImageError) -> Data {
        var out = cis_bytes()
        var failure = cis_error()
        withSampleBytes { pixels in
            func encode(_ key: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?) {
                var picture = cis_png_picture(
                    pixels: pixels, width: UInt32(width), height: UInt32(height), channels: UInt32(channels),
                    bit_depth: UInt32(bitDepth), level: Int32(compression.level), text_key: key, text: value)
                cis_png_encode(&picture, &out, &failure)
            }
            if let text {
                text.key.withCString { key in text.value.withCString { value in encode(key, value) } }
            } else {
                encode(nil, nil)
            }
        }
        if let error = ImageError(failure, whileWriting: .png) { throw error }
        return Data(adopting: out)
    }

    /// Encodes as JPEG, grey or YCbCr; colour is kept at full resolution from quality 90 on. A 16-bit frame gives its
    /// high bytes.
    ///
    /// `quality` is 1…100. Throws `tooLarge` above JPEG's 65500 pixels a side.
    package func encodedJPEG(quality: Int) throws(ImageError) -> Data {
        precondition((1...100).contains(quality), "JPEG quality \(quality), expected 1…100")
        let frame = eightBit
        var out = cis_bytes()
        var failure = cis_error()
        frame.withSampleBytes { pixels in
            _ = cis_jpeg_encode(
                pixels?.assumingMemoryBound(to: UInt8.self), UInt32(width), UInt32(height), UInt32(channels),
                Int32(quality), &out, &failure)
        }
        if let error = ImageError(failure, whileWriting: .jpeg) { throw error }
        return Data(adopting: out)
    }

    private func withSampleBytes(_ body: (UnsafeRawPointer?) -> Void) {
        switch samples {
        case .eight(let values): values.withUnsafeBytes { body($0.baseAddress) }
        case .sixteen(let values): values.withUnsafeBytes { body($0.baseAddress) }
        }
    }
}

extension Data {
    /// Takes ownership of an encoder's buffer without copying it.
    fileprivate init(adopting buffer: cis_bytes) {
        if let bytes = buffer.bytes {
            self.init(bytesNoCopy: bytes, count: buffer.size, deallocator: .free)
        } else {
            self.init()
        }
    }
}
