import NeuralNets
import SeededRandom
import TensorCore

/// Variants of few images: the image itself, and versions as the camera's next frames might show the same part, moved
/// by some pixels and slightly brighter or darker. Variants are numbered image by image, starting with the image
/// itself.
package struct ImageVariants: Sendable {
    package let pictures: Int
    /// The number of variants per image.
    package let each: Int
    private let seed: UInt64

    /// The number of images that need no variants, and the maximal number of variants per image.
    package static let enough = 100, most = 5

    /// - Parameter each: nil for as many as reach `enough` images, at most `most`.
    package init(pictures: Int, each: Int?, seed: UInt64) {
        (self.pictures, self.seed) = (pictures, seed)
        self.each = each ?? max(1, min(Self.most, Self.enough / max(1, pictures)))
    }

    package var count: Int { pictures * each }

    /// All variants of these images.
    package func all(of pictures: [Int]) -> [Int] { pictures.flatMap { $0 * each..<($0 + 1) * each } }

    /// The images themselves.
    package func plain(_ pictures: [Int]) -> [Int] { pictures.map { $0 * each } }

    /// The change of a variant; nil for the image itself.
    package func change(of variant: Int, height: Int, width: Int) -> ImageAugmentation.Draw? {
        guard !variant.isMultiple(of: each) else { return nil }
        var generator = SplitMix64(seed: (seed ^ 0x3c6e_f372_fe94_f82b) &+ UInt64(variant) &* 0x9e37_79b9_7f4a_7c15)
        return ImageAugmentation.Draw(of: [.shift, .brightness], height: height, width: width, using: &generator)
    }
}
