import CKernels

/// An 8-bit RGB image to draw on. Everything is antialiased, clipped to the image, and blended by its colour's opacity.
package struct Canvas: Sendable {
    package let width: Int
    package let height: Int
    /// `width × height × 3`, row order.
    package private(set) var pixels: [UInt8]

    /// A plain image. Width and height are at least 1.
    package init(width: Int, height: Int, colour: Colour = .black) {
        precondition(width > 0 && height > 0, "a canvas of \(width)×\(height)")
        self.width = width
        self.height = height
        pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { out, count in
            ck_fill(out.baseAddress, width * height, colour.bytes)
            count = width * height * 3
        }
    }

    /// A frame to draw over, with `margin` further rows of a colour below it: grey replicated, 16 bits reduced to their
    /// high bytes.
    package init(_ frame: Frame, below margin: Int = 0, colour: Colour = .black) {
        width = frame.width
        height = frame.height + margin
        let (above, below) = (frame.width * frame.height, frame.width * margin)
        let picture = frame.rgbBytes
        pixels = [UInt8](unsafeUninitializedCapacity: (above + below) * 3) { out, count in
            _ = out.update(fromContentsOf: picture)
            ck_fill(out.baseAddress.map { $0 + 3 * above }, below, colour.bytes)
            count = (above + below) * 3
        }
    }

    /// The drawn frame.
    package var frame: Frame {
        Frame(width: width, height: height, channels: 3, samples: .eight(pixels))
    }

    package subscript(x: Int, y: Int) -> Colour {
        let index = (y * width + x) * 3
        return Colour(pixels[index], pixels[index + 1], pixels[index + 2])
    }

    /// Covers the whole canvas.
    package mutating func fill(_ colour: Colour) {
        if colour.opacity == 1 { return ck_fill(&pixels, width * height, colour.bytes) }
        fillRectangle(x: 0, y: 0, width: Double(width), height: Double(height), colour)
    }

    /// Lays a frame over, its top left at (x, y), scaled to `width × height` if they are given.
    package mutating func draw(
        _ frame: Frame, x: Int, y: Int, width newWidth: Int? = nil, height newHeight: Int? = nil, opacity: Double = 1
    ) {
        let scaled = frame.resized(width: newWidth ?? frame.width, height: newHeight ?? frame.height)
        ck_blend_picture(
            &pixels, Int32(width), Int32(height), scaled.rgbBytes, Int32(scaled.width), Int32(scaled.height), Int32(x),
            Int32(y), Float(opacity))
    }

    /// Lets `edit` work on the bytes directly: `width × height × 3`.
    package mutating func withPixels<Result>(_ edit: (UnsafeMutableBufferPointer<UInt8>) -> Result) -> Result {
        pixels.withUnsafeMutableBufferPointer { edit($0) }
    }

    /// Draws a shape that lies within the given bounds: `shape` fills the mask, which is then blended once.
    mutating func blend(
        left: Double, top: Double, right: Double, bottom: Double, _ colour: Colour, shape: (ck_mask) -> Void
    ) {
        let x0 = Int(max(0, left.rounded(.down) - 1)), y0 = Int(max(0, top.rounded(.down) - 1))
        let x1 = Int(min(Double(width), right.rounded(.up) + 1)), y1 = Int(min(Double(height), bottom.rounded(.up) + 1))
        guard x1 > x0, y1 > y0 else { return }
        var coverage = [UInt8](repeating: 0, count: (x1 - x0) * (y1 - y0))
        coverage.withUnsafeMutableBufferPointer { buffer in
            let mask = ck_mask(
                coverage: buffer.baseAddress, x: Int32(x0), y: Int32(y0), width: Int32(x1 - x0), height: Int32(y1 - y0))
            shape(mask)
            ck_blend_mask(
                &pixels, Int32(width), Int32(height), mask, colour.bytes,
                Float(colour.opacity))
        }
    }
}
