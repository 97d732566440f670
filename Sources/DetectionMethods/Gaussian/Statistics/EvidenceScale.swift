import Foundation
import InspectionDomain

/// The scale on which the parts of an image score are compared: their logarithms over flawless images.
///
/// The pooled distance sees what is unusual in a whole image, the largest local distances what is unusual in one cell
/// or window, and none contains the others. Their units differ, so each is measured in standard deviations of its
/// logarithm.
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

    package var pooled: Part
    /// Of each extent whose largest distance counts.
    package var local: [Part]

    package init(pooled: Part, local: [Part]) { (self.pooled, self.local) = (pooled, local) }

    /// The image score: 1 where all parts are usual; the largest part decides where they differ.
    ///
    /// `exp(σ · ln(Σ w e^p / Σ w))` of the standardised parts p, with σ the mean of their deviations: a multiple of the
    /// usual again, so that score and threshold compare as distances do. A sum of the parts would let a usual part hide
    /// an unusual one. Larger extents weigh half: they contain the cells.
    /// - Parameter pooled: nil for the score of the local parts alone.
    package func score(pooled: Double?, local: [Double]) -> Double {
        let scales = (pooled == nil ? [] : [self.pooled]) + self.local
        let parts = zip(scales, (pooled.map { [$0] } ?? []) + local).map { $0.standardized($1) }
        let weights = (pooled == nil ? [] : [1]) + self.local.indices.map { $0 == 0 ? 1 : Self.largerExtents }
        let largest = parts.max() ?? 0
        let sum = zip(weights, parts).reduce(0) { $0 + $1.0 * exp($1.1 - largest) }
        let deviation = scales.reduce(0) { $0 + $1.deviation } / Double(scales.count)
        return exp(deviation * (largest + log(sum / weights.reduce(0, +))))
    }

    /// The weight of every extent but the cells.
    private static let largerExtents = 0.5

    /// Both kinds of evidence; the local one is that of the extent that is the most unusual.
    package func evidence(pooled: Double, local: [Double]) -> Evidence {
        let strongest = zip(self.local, local).max { $0.0.standardized($0.1) < $1.0.standardized($1.1) }
        return Evidence(
            pooled: self.pooled.multiple(pooled), local: strongest.map { $0.multiple($1) } ?? 1)
    }

    /// Whether the image as a whole is more unusual than any of its positions.
    package func isWholeImage(pooled: Double, local: [Double]) -> Bool {
        let largest = zip(self.local, local).map { $0.standardized($1) }.max() ?? -.infinity
        return self.pooled.standardized(pooled) > largest
    }
}

extension EvidenceScale {
    /// `mean deviation` of each part, pooled first.
    package var text: String { ([pooled] + local).map { "\($0.mean) \($0.deviation)" }.joined(separator: " ") }

    /// - Returns: nil for a text that is not from `text`.
    package init?(text: String) {
        let words = text.split(separator: " "), numbers = words.compactMap { Double($0) }
        guard numbers.count == words.count, numbers.count >= 4, numbers.count % 2 == 0,
            numbers.allSatisfy(\.isFinite)
        else { return nil }
        let parts = stride(from: 0, to: numbers.count, by: 2).map {
            Part(mean: numbers[$0], deviation: numbers[$0 + 1])
        }
        guard parts.allSatisfy({ $0.deviation > 0 }) else { return nil }
        self.init(pooled: parts[0], local: Array(parts.dropFirst()))
    }
}
