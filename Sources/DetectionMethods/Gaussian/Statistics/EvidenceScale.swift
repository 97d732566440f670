import Foundation
import InspectionDomain

/// The scale on which both parts of an image score are compared: their logarithms over flawless images.
///
/// The pooled distance sees what is unusual in a whole image, the largest local distance what is unusual in one spot,
/// and neither contains the other. Their units differ, so each is measured in standard deviations of its logarithm.
package struct EvidenceScale: Sendable, Equatable {
    /// Mean and standard deviation of ln(distance).
    package struct Part: Sendable, Equatable {
        package var mean, deviation: Double

        /// - Parameter distances: of flawless images that the Gaussians do not know.
        package init(_ distances: [Double]) {
            let logarithms = distances.map { log(max($0, Self.least)) }, n = Double(max(1, logarithms.count))
            let mean = logarithms.reduce(0, +) / n
            let variance = logarithms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(1, n - 1)
            // Images without any variation would make every other one infinitely unusual.
            (self.mean, deviation) = (mean, max(variance.squareRoot(), Self.leastDeviation))
        }

        package init(mean: Double, deviation: Double) { (self.mean, self.deviation) = (mean, deviation) }

        private static let least = 1e-9, leastDeviation = 1e-3

        /// In standard deviations above the usual.
        func standardized(_ distance: Double) -> Double { (log(max(distance, Self.least)) - mean) / deviation }

        /// As a multiple of the usual.
        func multiple(_ distance: Double) -> Double { distance / exp(mean) }
    }

    package var pooled, local: Part

    package init(pooled: Part, local: Part) { (self.pooled, self.local) = (pooled, local) }

    /// The image score: 1 where both parts are usual; the larger part decides where they differ.
    ///
    /// `exp(σ · (ln(e^p + e^l) − ln 2))` of the standardised parts p and l, with σ the mean of their deviations: a
    /// multiple of the usual again, so that score and threshold compare as distances do. A sum of the parts would let a
    /// usual part hide an unusual one.
    package func score(pooled: Double, local: Double) -> Double {
        let p = self.pooled.standardized(pooled), l = self.local.standardized(local), larger = max(p, l)
        let both = larger + log(exp(p - larger) + exp(l - larger)) - log(2)
        return exp((self.pooled.deviation + self.local.deviation) / 2 * both)
    }

    package func evidence(pooled: Double, local: Double) -> Evidence {
        Evidence(pooled: self.pooled.multiple(pooled), local: self.local.multiple(local))
    }

    /// Whether the image as a whole is more unusual than any of its positions.
    package func isWholeImage(pooled: Double, local: Double) -> Bool {
        self.pooled.standardized(pooled) > self.local.standardized(local)
    }
}

extension EvidenceScale {
    /// `mean deviation mean deviation`, pooled first.
    package var text: String { "\(pooled.mean) \(pooled.deviation) \(local.mean) \(local.deviation)" }

    /// - Returns: nil for a text that is not from `text`.
    package init?(text: String) {
        let numbers = text.split(separator: " ").compactMap { Double($0) }
        guard numbers.count == 4, numbers.allSatisfy(\.isFinite), numbers[1] > 0, numbers[3] > 0 else { return nil }
        pooled = Part(mean: numbers[0], deviation: numbers[1])
        local = Part(mean: numbers[2], deviation: numbers[3])
    }
}
