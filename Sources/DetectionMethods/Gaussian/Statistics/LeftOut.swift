import Foundation
import TensorCore

/// Distances of images under a Gaussian that was estimated without them, in closed form.
///
/// A Gaussian of n samples has covariance `S = s · C + E` with the scatter `C = Σ (x − m)(x − m)ᵀ`. Without the g
/// samples of a set, whose differences from the mean are the columns of U, the scatter is
/// `C − U (I + 1 1ᵀ / (n − g)) Uᵀ` and the mean moves by `−U 1 / (n − g)`. With the weight s' of fewer samples, and E
/// held in proportion, the covariance becomes `a · (S − U B Uᵀ)`, `a = s'/s`, `B = s · (I + 1 1ᵀ / (n − g))`. By
/// Woodbury's identity a left-out sample's distance then needs only the inner products `Q = Uᵀ S⁻¹ U` of the whitened
/// differences:
///
/// `d² = cᵀ (Q + Q R (I − R Q R)⁻¹ R Q) c / a`, with `R² = B` and `c = e + 1 / (n − g)`.
package struct LeftOut: Sendable {
    private let count: Int
    private let scale: Double
    private let reducedScale: @Sendable (Int) -> Double

    /// The unbiased estimate plus a constant: `s = 1 / (n − 1)`.
    package static func unbiased(count: Int) -> LeftOut {
        LeftOut(count: count, scale: 1 / Double(count - 1)) { 1 / Double(max(1, count - $0 - 1)) }
    }

    /// Ledoit–Wolf's estimate, its shrinkage held: `s = (1 − ρ) / n`.
    package static func shrunk(count: Int, shrinkage: Double) -> LeftOut {
        LeftOut(count: count, scale: (1 - shrinkage) / Double(count)) {
            (1 - shrinkage) / Double(max(1, count - $0))
        }
    }

    private init(count: Int, scale: Double, reducedScale: @escaping @Sendable (Int) -> Double) {
        (self.count, self.scale, self.reducedScale) = (count, scale, reducedScale)
    }

    /// The smallest share of a covariance that may be left in a direction: rounding must not make it negative.
    private static let least = 1e-4

    /// The distance of one sample that is left out alone.
    /// - Parameter distance: under the Gaussian of all samples.
    package func distance(_ distance: Double) -> Double {
        let n = Double(count), q = distance * distance, step = n / (n - 1)
        guard scale > 0 else { return distance * step }
        let a = reducedScale(1) / scale
        return step * (q / (a * max(Self.least, 1 - scale * step * q))).squareRoot()
    }

    /// The distances of samples that are left out together.
    /// - Parameter gram: `[g, g]`, inner products of their whitened differences from the mean of all samples.
    package func distances(gram: [Double], count g: Int) throws -> [Double] {
        guard g > 1 else { return [distance(max(0, gram[0]).squareRoot())] }
        let n = Double(count), rest = max(1, n - Double(g)), a = scale > 0 ? reducedScale(g) / scale : 1
        // R = √s (I + κ 1 1ᵀ)
        let kappa = ((1 + Double(g) / rest).squareRoot() - 1) / Double(g)
        var root = [Double](repeating: scale.squareRoot() * kappa, count: g * g)
        for i in 0..<g { root[i * g + i] += scale.squareRoot() }
        var moved = [Double](repeating: 1 / rest, count: g * g)
        for i in 0..<g { moved[i * g + i] += 1 }
        // Q · c for every sample's c, as columns.
        let inner = LinearAlgebra.product(gram, moved, rows: g, depth: g, columns: g)
        let turned = LinearAlgebra.product(root, inner, rows: g, depth: g, columns: g)
        let rootGram = LinearAlgebra.product(root, gram, rows: g, depth: g, columns: g)
        var remaining = LinearAlgebra.product(rootGram, root, rows: g, depth: g, columns: g).map { -$0 }
        for i in 0..<g { remaining[i * g + i] += 1 }
        let inverse = try inverseFactor(remaining, g)
        let corrected = LinearAlgebra.product(inverse, turned, rows: g, depth: g, columns: g)
        return (0..<g).map { sample in
            var square = 0.0
            for i in 0..<g {
                square += moved[i * g + sample] * inner[i * g + sample]
                square += corrected[i * g + sample] * corrected[i * g + sample]
            }
            return (max(0, square) / a).squareRoot()
        }
    }

    /// The inverse Cholesky factor; where rounding has left a direction without variance, with more on the diagonal.
    private func inverseFactor(_ matrix: [Double], _ g: Int) throws -> [Double] {
        var matrix = matrix, added = Self.least
        while added < 1 {
            if let factor = try? LinearAlgebra.cholesky(matrix, g) {
                return LinearAlgebra.inverse(lowerTriangular: factor, g)
            }
            for i in 0..<g { matrix[i * g + i] += added }
            added *= 10
        }
        return LinearAlgebra.inverse(lowerTriangular: try LinearAlgebra.cholesky(matrix, g), g)
    }
}
