import Foundation
import Imaging
import SeededRandom

/// A frame's samples as 0…1, for drawing.
struct Picture {
    let width, height, channels: Int
    /// `[height × width × channels]`
    var values: [Float]

    init(_ frame: Frame) {
        (width, height, channels) = (frame.width, frame.height, frame.channels)
        values =
            switch frame.samples {
            case .eight(let samples): samples.map { Float($0) / 255 }
            case .sixteen(let samples): samples.map { Float($0) / 65_535 }
            }
    }

    /// `frame` converted to another frame's size and channels.
    init(_ frame: Frame, like other: Frame) {
        let source = Picture(
            frame.width == other.width && frame.height == other.height
                ? frame : frame.resized(width: other.width, height: other.height))
        (width, height, channels) = (other.width, other.height, other.channels)
        if source.channels == channels {
            values = source.values
        } else if channels == 3 {
            values = source.values.flatMap { [$0, $0, $0] }
        } else {
            values = (0..<width * height).map { pixel in
                (source.values[3 * pixel] + source.values[3 * pixel + 1] + source.values[3 * pixel + 2]) / 3
            }
        }
    }

    /// A frame with `other`'s depth.
    func frame(like other: Frame) -> Frame {
        let samples: Frame.Samples =
            switch other.samples {
            case .eight: .eight(values.map { UInt8(min(255, max(0, ($0 * 255).rounded()))) })
            case .sixteen: .sixteen(values.map { UInt16(min(65_535, max(0, ($0 * 65_535).rounded()))) })
            }
        return Frame(width: width, height: height, channels: channels, samples: samples)
    }

    /// Bilinear between pixels; the nearest pixel beyond the borders.
    func value(_ x: Float, _ y: Float, _ channel: Int) -> Float {
        let cx = min(Float(width - 1), max(0, x)), cy = min(Float(height - 1), max(0, y))
        let (x0, y0) = (Int(cx), Int(cy)), (x1, y1) = (min(x0 + 1, width - 1), min(y0 + 1, height - 1))
        func at(_ x: Int, _ y: Int) -> Float { values[(y * width + x) * channels + channel] }
        let (fx, fy) = (cx - Float(x0), cy - Float(y0))
        let top = at(x0, y0) + (at(x1, y0) - at(x0, y0)) * fx, bottom = at(x0, y1) + (at(x1, y1) - at(x0, y1)) * fx
        return top + (bottom - top) * fy
    }

    /// Replaces every sample by the value of `new` for its position and channel.
    mutating func map(_ new: (_ x: Float, _ y: Float, _ channel: Int) -> Float) {
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<channels {
                    values[(y * width + x) * channels + channel] = new(Float(x), Float(y), channel)
                }
            }
        }
    }

    func filled(with colour: [Float]) -> Picture {
        var copy = self
        for index in copy.values.indices { copy.values[index] = colour[index % channels] }
        return copy
    }

    func blended(with defect: Defect) -> Picture {
        var copy = self
        for index in copy.values.indices {
            copy.values[index] += defect.cover[index / channels] * (defect.content.values[index] - copy.values[index])
        }
        return copy
    }
}

/// A rectangle by its centre, in pixels.
struct Box {
    var x, y, width, height: Float

    /// A box of this size, inside the image if it fits.
    static func random(
        in picture: Picture, width: Float, height: Float, _ generator: inout SplitMix64
    ) -> Box {
        func place(_ length: Float, _ side: Int) -> Float {
            let room = max(0, Float(side) - length)
            return (Float(side) - 1 - room) / 2 + generator.uniform(0, room)
        }
        return Box(x: place(width, picture.width), y: place(height, picture.height), width: width, height: height)
    }

    /// A box that covers a share of the image within `share`, with `width / height` within `aspect`.
    static func random(
        in picture: Picture, share: ClosedRange<Float>, aspect: ClosedRange<Float>, _ generator: inout SplitMix64
    ) -> Box {
        let area = Float(picture.width * picture.height) * generator.uniform(share.lowerBound, share.upperBound)
        let ratio = exp(generator.uniform(log(aspect.lowerBound), log(aspect.upperBound)))
        return random(
            in: picture, width: max(2, (area * ratio).squareRoot()), height: max(2, (area / ratio).squareRoot()),
            &generator)
    }

    /// The share of each pixel that the box, turned by `angle`, covers; with half a pixel of soft edge.
    func cover(of picture: Picture, angle: Float = 0) -> [Float] {
        var cover = [Float](repeating: 0, count: picture.width * picture.height)
        let (sine, cosine) = (sin(angle), cos(angle))
        let reach = (width * width + height * height).squareRoot() / 2 + 1
        func reached(_ centre: Float, _ side: Int) -> Range<Int> {
            let first = min(side, max(0, Int(centre - reach)))
            return first..<max(first, min(side, Int(centre + reach) + 1))
        }
        for row in reached(y, picture.height) {
            for column in reached(x, picture.width) {
                let (dx, dy) = (Float(column) - x, Float(row) - y)
                let across = abs(cosine * dx + sine * dy), along = abs(-sine * dx + cosine * dy)
                let inside = min(1, max(0, width / 2 + 0.5 - across)) * min(1, max(0, height / 2 + 0.5 - along))
                cover[row * picture.width + column] = inside
            }
        }
        return cover
    }
}
