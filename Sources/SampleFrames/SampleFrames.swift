import Imaging
import SeededRandom

/// Draws sample frames: the same product, index and seed give the same image.
package enum SampleFrames {
    package struct Size: Sendable, Equatable {
        package let width, height: Int
        package init(width: Int, height: Int) { (self.width, self.height) = (width, height) }
        /// 384 × 288.
        package static let standard = Size(width: 384, height: 288)
    }

    /// A flawless part.
    package static func flawless(
        _ product: SampleProduct, index: Int, seed: UInt64 = 1, size: Size = .standard
    ) -> Frame {
        draw(product, defect: nil, index: index, seed: seed, size: size).frame
    }

    /// The same part, light and noise as `flawless` of this index, with one defect, and its mask (255 where the defect
    /// is).
    package static func defective(
        _ product: SampleProduct, _ defect: SampleDefect, index: Int, seed: UInt64 = 1, size: Size = .standard
    ) -> (frame: Frame, mask: Frame) {
        precondition(product.defects.contains(defect), "\(product) has no \(defect)")
        return draw(product, defect: defect, index: index, seed: seed, size: size)
    }

    private static func draw(
        _ product: SampleProduct, defect: SampleDefect?, index: Int, seed: UInt64, size: Size
    ) -> (frame: Frame, mask: Frame) {
        // Separate streams, so that a defect changes nothing else.
        let identity =
            seed &* 1_000_003 &+ UInt64(truncatingIfNeeded: index) &* 7919 &+ UInt64(product == .plate ? 17 : 59)
        var exposure = SplitMix64(seed: identity), part = SplitMix64(seed: identity ^ 0x5bd1_e995)
        let number = defect.flatMap { SampleDefect.allCases.firstIndex(of: $0) } ?? 0
        var fault = SplitMix64(seed: identity &+ UInt64(number) &* 0x51_7cc1)
        let camera = Camera(width: size.width, height: size.height, generator: &exposure)
        let shade: (SIMD2<Float>) -> (colour: SIMD3<Float>, coverage: Float)
        switch product {
        case .plate: shade = PlateScene(light: camera.light, part: &part, defect: defect, &fault).shade
        case .cloth: shade = ClothScene(light: camera.light, part: &part, defect: defect, &fault).shade
        }
        var colours: [SIMD3<Float>] = [], coverages: [Float] = []
        colours.reserveCapacity(size.width * size.height)
        coverages.reserveCapacity(size.width * size.height)
        for y in 0..<size.height {
            for x in 0..<size.width {
                let (colour, coverage) = shade(camera.scenePoint(x, y))
                colours.append(colour)
                coverages.append(coverage)
            }
        }
        return (camera.expose(colours), DefectMask.draw(coverages, width: size.width, height: size.height))
    }
}
