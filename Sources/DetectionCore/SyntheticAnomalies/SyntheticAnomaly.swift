import Foundation
import Imaging
import SeededRandom

/// Kinds of drawn defects. They judge a training but never train: a network trained on drawn defects learns only drawn
/// defects.
package enum SyntheticAnomaly: String, Sendable, Codable, CaseIterable {
    /// A rectangle of one colour (DeVries & Taylor, arXiv 1708.04552).
    case cutOut = "cutout"
    /// A piece of the image at another position (Li et al., CVPR 2021, CutPaste).
    case patch = "cutpaste"
    /// A thin, turned piece of the image at another position (the same, CutPaste-Scar).
    case scar = "cutpaste_scar"
    /// A piece of another flawless image at its own position (Yun et al., ICCV 2019).
    case cutMix = "cutmix"
    /// Small spots of random colours (Liznerski et al., ICLR 2021).
    case confetti
    /// A blotch, its outline from Perlin's noise, of another image's pixels turned round (Zavrtanik et al., ICCV 2021).
    case perlin

    /// Draws a defect on an image.
    ///
    /// - Parameters:
    ///   - donor: another flawless image of any size, for kinds that copy from one.
    ///   - generator: the same state gives the same defect.
    /// - Returns: an image of the same size, channels and depth, and the defect's mask (255 inside).
    package func drawn(
        on frame: Frame, donor: Frame, using generator: inout SplitMix64
    ) -> (frame: Frame, mask: Frame) {
        let picture = Picture(frame)
        let defect =
            switch self {
            case .cutOut: rectangle(picture, &generator)
            case .patch: pieceMoved(picture, &generator)
            case .scar: thinPieceMoved(picture, &generator)
            case .cutMix: pieceOfAnother(picture, Picture(donor, like: frame), &generator)
            case .confetti: spots(picture, &generator)
            case .perlin: blotch(picture, Picture(donor, like: frame), &generator)
            }
        return (picture.blended(with: defect).frame(like: frame), defect.maskFrame(like: frame))
    }
}

/// An overlay on an image and its opacity: `cover` is 0 outside, 1 inside, between at soft edges.
struct Defect {
    var content: Picture
    /// `[height × width]`
    var cover: [Float]

    func maskFrame(like frame: Frame) -> Frame {
        Frame(width: frame.width, height: frame.height, channels: 1, samples: .eight(cover.map { $0 > 0.05 ? 255 : 0 }))
    }
}

// MARK: The kinds

private func rectangle(_ picture: Picture, _ generator: inout SplitMix64) -> Defect {
    let box = Box.random(in: picture, share: 0.003...0.04, aspect: 0.4...2.5, &generator)
    let level = generator.uniform(0, 1), isGrey = generator.uniform(0, 1) < 0.5
    let colour = (0..<picture.channels).map { _ in isGrey ? level : generator.uniform(0, 1) }
    return Defect(content: picture.filled(with: colour), cover: box.cover(of: picture))
}

private func pieceMoved(_ picture: Picture, _ generator: inout SplitMix64) -> Defect {
    let box = Box.random(in: picture, share: 0.01...0.08, aspect: 0.3...3, &generator)
    return moved(box, in: picture, angle: 0, &generator)
}

private func thinPieceMoved(_ picture: Picture, _ generator: inout SplitMix64) -> Defect {
    let side = Float(min(picture.width, picture.height))
    let length = generator.uniform(0.05, 0.25) * side, width = generator.uniform(0.008, 0.04) * side
    let box = Box.random(in: picture, width: max(2, width), height: max(4, length), &generator)
    return moved(box, in: picture, angle: generator.uniform(-.pi / 4, .pi / 4), &generator)
}

/// The image's pixels from elsewhere, a little brighter or darker, in a turned box.
private func moved(_ box: Box, in picture: Picture, angle: Float, _ generator: inout SplitMix64) -> Defect {
    let source = Box.random(in: picture, width: box.width, height: box.height, &generator)
    let gain = generator.uniform(0.8, 1.25), (sine, cosine) = (sin(angle), cos(angle))
    var content = picture
    content.map { x, y, channel in
        let (dx, dy) = (x - box.x, y - box.y)
        return gain * picture.value(source.x + cosine * dx + sine * dy, source.y - sine * dx + cosine * dy, channel)
    }
    return Defect(content: content, cover: box.cover(of: picture, angle: angle))
}

private func pieceOfAnother(_ picture: Picture, _ donor: Picture, _ generator: inout SplitMix64) -> Defect {
    let box = Box.random(in: picture, share: 0.01...0.08, aspect: 0.3...3, &generator)
    return Defect(content: donor, cover: box.cover(of: picture))
}

private func spots(_ picture: Picture, _ generator: inout SplitMix64) -> Defect {
    let side = Float(min(picture.width, picture.height)),
        centre = Box.random(in: picture, width: 1, height: 1, &generator)
    var defect = Defect(content: picture, cover: [Float](repeating: 0, count: picture.width * picture.height))
    for _ in 0..<Int(generator.uniform(4, 20)) {
        let colour = (0..<picture.channels).map { _ in generator.uniform(0, 1) }
        var spot = Box(x: centre.x, y: centre.y, width: 0, height: 0)
        spot.x += generator.uniform(-0.12, 0.12) * side
        spot.y += generator.uniform(-0.12, 0.12) * side
        spot.width = max(1.5, generator.uniform(0.006, 0.03) * side)
        spot.height = spot.width
        let cover = spot.cover(of: picture, angle: generator.uniform(0, .pi))
        for (pixel, share) in cover.enumerated() where share > 0 {
            for channel in 0..<picture.channels {
                let at = pixel * picture.channels + channel
                defect.content.values[at] += share * (colour[channel] - defect.content.values[at])
            }
            defect.cover[pixel] = 1
        }
    }
    return defect
}

private func blotch(_ picture: Picture, _ donor: Picture, _ generator: inout SplitMix64) -> Defect {
    let side = Float(min(picture.width, picture.height))
    let noise = PerlinNoise(using: &generator), cell = side * generator.uniform(0.06, 0.2)
    let middle = Box.random(in: picture, width: 0.2 * side, height: 0.2 * side, &generator)
    let radius = generator.uniform(0.08, 0.2) * side, opacity = generator.uniform(0.4, 1)
    let (w, h) = (picture.width, picture.height)
    var cover = [Float](repeating: 0, count: w * h), content = donor
    for y in 0..<h {
        for x in 0..<w {
            let (dx, dy) = (Float(x) - middle.x, Float(y) - middle.y)
            // The noise shapes the outline, the distance keeps it a single blotch.
            let height = noise(Float(x) / cell, Float(y) / cell) + 0.8 * (1 - (dx * dx + dy * dy) / (radius * radius))
            cover[y * w + x] = opacity * min(1, max(0, 8 * height))
        }
    }
    content.map { x, y, channel in donor.value(Float(w - 1) - y * Float(w) / Float(h), x * Float(h) / Float(w), channel)
    }
    return Defect(content: content, cover: cover)
}
