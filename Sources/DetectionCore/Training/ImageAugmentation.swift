import CKernels
import Foundation
import NeuralNets
import SeededRandom
import TensorCore

/// Changes of a training image that leave it flawless. The harmless ones depend on the part: a mirrored part may be
/// another part.
package enum ImageAugmentation: String, Sendable, Hashable, CaseIterable {
    /// Mirrored left to right, top to bottom, or both, each half of the time.
    case flips
    /// Turned by up to 5°, the border's pixels continued outwards.
    case rotation
    /// Up to a tenth brighter or darker.
    case brightness
    /// Moved by at most four pixels of 224, in whole pixels without blur; the border's pixels continue outwards.
    case shift

    private static let largestAngle = Float.pi / 36
    private static let brightest: Float = 1.1
    private static let farthest: Float = 4 / 224
}

extension Set<ImageAugmentation> {
    /// Changes every image of a batch by its random draw.
    /// - Parameter pictures: `[n, H, W, C]`, normalised.
    package func apply(to pictures: Tensor, _ normalization: Normalization, using generator: inout SplitMix64) -> Tensor
    {
        guard !isEmpty else { return pictures }
        let (n, h, w, c) = (pictures.shape[0], pictures.shape[1], pictures.shape[2], pictures.shape[3])
        precondition(c == 3, "expected images of three channels, got \(c)")
        let draws = (0..<n).map { _ in ImageAugmentation.Draw(of: self, height: h, width: w, using: &generator) }
        return Tensor(shape: pictures.shape) { out in
            pictures.values.withUnsafeBufferPointer { pictures in
                for (index, draw) in draws.enumerated() {
                    let first = index * h * w * c
                    draw.apply(
                        to: pictures.baseAddress! + first, height: h, width: w, normalization, into: out + first)
                }
            }
        }
    }
}

extension ImageAugmentation {
    /// The random draw of one image.
    package struct Draw: Sendable {
        /// Of an output pixel (x, y): x' = m₀x + m₁y + m₂, y' = m₃x + m₄y + m₅ of the input.
        package let matrix: [Float]
        package let gain: Float

        package init(of kinds: Set<ImageAugmentation>, height: Int, width: Int, using generator: inout SplitMix64) {
            // Every kind draws its numbers even if it is off, so that each kind is independent of the others.
            let (across, down) = (generator.uniform(0, 1) < 0.5, generator.uniform(0, 1) < 0.5)
            let turned = generator.uniform(-largestAngle, largestAngle)
            let exposure = exp(generator.uniform(-log(brightest), log(brightest)))
            let moved = [width, height].map { side in
                (Float(side) * generator.uniform(-farthest, farthest)).rounded()
            }
            let (flipX, flipY): (Float, Float) =
                kinds.contains(.flips) ? (across ? -1 : 1, down ? -1 : 1) : (1, 1)
            let angle = kinds.contains(.rotation) ? turned : 0
            gain = kinds.contains(.brightness) ? exposure : 1
            let (dx, dy) = kinds.contains(.shift) ? (moved[0], moved[1]) : (0, 0)
            let (cx, cy) = (Float(width - 1) / 2, Float(height - 1) / 2)
            let (a, b) = (cos(angle) * flipX, -sin(angle) * flipY), (d, e) = (sin(angle) * flipX, cos(angle) * flipY)
            matrix = [a, b, cx - a * cx - b * cy + dx, d, e, cy - d * cx - e * cy + dy]
        }

        /// - Parameters:
        ///   - picture: `[height, width, 3]`, normalised.
        ///   - out: the same, elsewhere.
        package func apply(
            to picture: UnsafePointer<Float>, height: Int, width: Int, _ normalization: Normalization,
            into out: UnsafeMutablePointer<Float>
        ) {
            ck_affine_sample(picture, Int32(height), Int32(width), 3, matrix, out)
            guard gain != 1 else { return }
            // Pixels are 0…1 before they are normalised: gain · pixel is gain · x + (gain − 1) · mean / std.
            let offset = zip(normalization.mean, normalization.std).map { (gain - 1) * $0 / $1 }
            ck_scale_shift(out, [Float](repeating: gain, count: 3), offset, height * width, 3, out)
        }
    }
}
