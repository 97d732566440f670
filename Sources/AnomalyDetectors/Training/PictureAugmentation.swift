import CKernels
import Foundation
import InspectionDomain
import NeuralNets
import TensorCore

/// Changes of a training picture that leave it flawless. Which ones are harmless depends on the part: a mirrored one may be
/// another part.
public enum PictureAugmentation: String, Sendable, Hashable, CaseIterable {
    /// Mirrored left to right, top to bottom, or both, each half of the time.
    case flips
    /// Turned by up to 5°, the border's pixels continued outwards.
    case rotation
    /// Up to a tenth brighter or darker.
    case brightness

    private static let largestAngle = Float.pi / 36
    private static let brightest: Float = 1.1
}

extension Set<PictureAugmentation> {
    /// Changes every picture of a batch by what is drawn for it.
    /// - Parameter pictures: `[n, H, W, C]`, normalised.
    public func apply(to pictures: Tensor, _ normalization: Normalization, using generator: inout SplitMix64) -> Tensor
    {
        guard !isEmpty else { return pictures }
        let (n, h, w, c) = (pictures.shape[0], pictures.shape[1], pictures.shape[2], pictures.shape[3])
        let draws = (0..<n).map { _ in PictureAugmentation.Draw(of: self, height: h, width: w, using: &generator) }
        return Tensor(shape: pictures.shape) { out in
            pictures.values.withUnsafeBufferPointer { pictures in
                for (index, draw) in draws.enumerated() {
                    let first = index * h * w * c
                    ck_affine_sample(
                        pictures.baseAddress! + first, Int32(h), Int32(w), Int32(c), draw.matrix, out + first)
                    guard draw.gain != 1 else { continue }
                    // Pixels are 0…1 before they are normalised: gain · pixel is gain · x + (gain − 1) · mean / std.
                    let shift = zip(normalization.mean, normalization.std).map { (draw.gain - 1) * $0 / $1 }
                    ck_scale_shift(
                        out + first, [Float](repeating: draw.gain, count: c), shift, h * w, Int32(c), out + first)
                }
            }
        }
    }
}

extension PictureAugmentation {
    /// What was drawn for one picture.
    struct Draw {
        /// Of an output pixel (x, y): x' = m₀x + m₁y + m₂, y' = m₃x + m₄y + m₅ of the input.
        let matrix: [Float]
        let gain: Float

        init(of kinds: Set<PictureAugmentation>, height: Int, width: Int, using generator: inout SplitMix64) {
            // Every kind draws whether it is wanted or not, so that each does the same with and without the others.
            let (across, down) = (generator.uniform(0, 1) < 0.5, generator.uniform(0, 1) < 0.5)
            let turned = generator.uniform(-largestAngle, largestAngle)
            let exposure = exp(generator.uniform(-log(brightest), log(brightest)))
            let (flipX, flipY): (Float, Float) =
                kinds.contains(.flips) ? (across ? -1 : 1, down ? -1 : 1) : (1, 1)
            let angle = kinds.contains(.rotation) ? turned : 0
            gain = kinds.contains(.brightness) ? exposure : 1
            let (cx, cy) = (Float(width - 1) / 2, Float(height - 1) / 2)
            let (a, b) = (cos(angle) * flipX, -sin(angle) * flipY), (d, e) = (sin(angle) * flipX, cos(angle) * flipY)
            matrix = [a, b, cx - a * cx - b * cy, d, e, cy - d * cx - e * cy]
        }
    }
}
