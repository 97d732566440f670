import Foundation
import Imaging
import NeuralNets
import SeededRandom

/// Images without a product, which test a product gate if there are no images of wrong products.
package enum NoiseImages: String, Sendable, CaseIterable {
    /// Every value uniform over its range.
    case uniform
    /// Every value normal around the middle with a deviation of the whole range, clipped to it.
    case gaussian

    /// - Parameter number: each gives another image.
    package func frame(_ number: Int, width: Int, height: Int, seed: UInt64 = 0) -> Frame {
        var generator = SplitMix64(seed: seed ^ UInt64(number + 1) &* 0x9e37_79b9_7f4a_7c15)
        let count = width * height * 3
        let values =
            switch self {
            case .uniform: Initializer.uniform(bound: 0.5).values([count], using: &generator)
            case .gaussian: Initializer.normal(deviation: 1).values([count], using: &generator)
            }
        let bytes = values.map { UInt8((min(1, max(0, $0 + 0.5)) * 255).rounded()) }
        return Frame(width: width, height: height, channels: 3, samples: .eight(bytes))
    }
}

extension Frame {
    /// The mean of two frames of one size, which shows neither product. Eight bits, three channels.
    func blended(with other: Frame) -> Frame {
        let values = zip(rgbBytes, other.rgbBytes).map { UInt8((UInt16($0) + UInt16($1)) / 2) }
        return Frame(width: width, height: height, channels: 3, samples: .eight(values))
    }
}
