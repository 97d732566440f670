import InspectionDomain
import NeuralNets
import TensorCore

/// Few pictures seen several times each: as they are, and as the camera's next frames might show the same parts, moved by
/// some pixels and a little brighter or darker. Variants are numbered picture by picture, the picture as it is first.
package struct PictureVariants: Sendable {
    package let pictures: Int
    /// How often every picture is seen.
    package let each: Int
    private let seed: UInt64

    /// So many pictures need no variants, and of fewer no more than this are made of each.
    package static let enough = 100, most = 5

    /// - Parameter each: nil for as many as bring the pictures to `enough`, and `most` at most.
    package init(pictures: Int, each: Int?, seed: UInt64) {
        (self.pictures, self.seed) = (pictures, seed)
        self.each = each ?? max(1, min(Self.most, Self.enough / max(1, pictures)))
    }

    package var count: Int { pictures * each }

    /// All variants of these pictures.
    package func all(of pictures: [Int]) -> [Int] { pictures.flatMap { $0 * each..<($0 + 1) * each } }

    /// The pictures as they are.
    package func plain(_ pictures: [Int]) -> [Int] { pictures.map { $0 * each } }

    /// What a variant changes of its picture; nil for the picture as it is.
    package func change(of variant: Int, height: Int, width: Int) -> PictureAugmentation.Draw? {
        guard !variant.isMultiple(of: each) else { return nil }
        var generator = SplitMix64(seed: (seed ^ 0x3c6e_f372_fe94_f82b) &+ UInt64(variant) &* 0x9e37_79b9_7f4a_7c15)
        return PictureAugmentation.Draw(of: [.shift, .brightness], height: height, width: width, using: &generator)
    }
}
