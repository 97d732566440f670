import DetectionCore
import Foundation
import NeuralNets
import TensorCore

/// Gaussians of features, from samples or their sums.
enum GaussianEstimates {
    /// Ledoit–Wolf and Cholesky of one level's pooled features, after a projection if reduced.
    ///
    /// - Parameter samples: `[n, dimension]`.
    /// - Returns: the Gaussian, and what it is without some of the samples (a projection is held).
    static func level(
        _ name: String, _ samples: [Double], dimension d: Int, _ reduction: GaussianOptions.Reduction
    ) throws -> (level: GaussianModel.Level, leftOut: LeftOut) {
        guard let projection = try projection(samples, dimension: d, reduction) else {
            let estimate = LedoitWolf(samples, dimension: d)
            let whitening = try whitening(estimate.covariance, d, what: "level \(name)")
            return (
                GaussianModel.Level(name: name, mean: estimate.mean, whitening: whitening, rank: d),
                .shrunk(count: samples.count / d, shrinkage: estimate.shrinkage)
            )
        }
        let rank = projection.count / d, n = samples.count / d
        let reduced = LinearAlgebra.product(samples, projection, rows: n, depth: d, columns: rank)
        let estimate = LedoitWolf(reduced, dimension: rank)
        let inner = try whitening(estimate.covariance, rank, what: "level \(name)")
        var mean = [Double](repeating: 0, count: d)
        for row in 0..<n { for column in 0..<d { mean[column] += samples[row * d + column] / Double(n) } }
        let level = GaussianModel.Level(
            name: name, mean: mean,
            whitening: LinearAlgebra.product(projection, inner, rows: d, depth: rank, columns: rank), rank: rank)
        return (level, .shrunk(count: n, shrinkage: estimate.shrinkage))
    }

    /// `[d, rank]`, the kept principal components as columns; nil if all are kept.
    private static func projection(
        _ samples: [Double], dimension d: Int, _ reduction: GaussianOptions.Reduction
    ) throws -> [Double]? {
        let n = samples.count / d
        var centred = samples
        for column in 0..<d {
            var mean = 0.0
            for row in 0..<n { mean += samples[row * d + column] / Double(n) }
            for row in 0..<n { centred[row * d + column] -= mean }
        }
        if case .none = reduction { return nil }
        let (values, vectors) = try LinearAlgebra.symmetricEigen(
            LinearAlgebra.gram(centred, rows: n, columns: d).map { $0 / Double(n) }, d)
        let kept = components(values, reduction)
        return (0..<d).flatMap { row in kept.map { vectors[$0 * d + row] } }
    }

    /// Indices of the kept components, by ascending eigenvalue.
    static func components(_ ascending: [Double], _ reduction: GaussianOptions.Reduction) -> [Int] {
        let total = ascending.reduce(0) { $0 + max(0, $1) }
        var explained = 0.0
        switch reduction {
        case .none: return Array(ascending.indices)
        case .pca(let share):
            var kept: [Int] = []
            for index in ascending.indices.reversed() where kept.isEmpty || explained < share * total {
                explained += max(0, ascending[index])
                kept.append(index)
            }
            return kept.reversed()
        case .npca(let share):
            var kept: [Int] = []
            for index in ascending.indices {
                explained += max(0, ascending[index])
                if !kept.isEmpty && explained > share * total { break }
                kept.append(index)
            }
            return kept
        }
    }

    /// The transposed inverse Cholesky factor: `‖x · whitening‖² = xᵀ · covariance⁻¹ · x`.
    private static func whitening(_ covariance: [Double], _ d: Int, what: String) throws -> [Double] {
        var covariance = covariance
        // Features that never vary (a dead channel) would make the matrix singular; they carry no distance either way.
        let trace = (0..<d).reduce(0.0) { $0 + covariance[$1 * d + $1] }
        for index in 0..<d { covariance[index * d + index] += max(1e-12, 1e-10 * trace / Double(d)) }
        do {
            let inverse = LinearAlgebra.inverse(lowerTriangular: try LinearAlgebra.cholesky(covariance, d), d)
            return (0..<d * d).map { inverse[$0 % d * d + $0 / d] }
        } catch {
            throw ModelError("\(what): \(error); check for identical images and images without content")
        }
    }

    /// One Gaussian per tap over all positions of all frames. There are hundreds of samples per dimension, so no
    /// shrinkage is needed; 1 % of the mean variance keeps rarely active channels from dominating the distance.
    static func tied(
        _ taps: [String], _ statistics: [FeatureStatistics]
    ) throws -> [(tap: String, mean: [Float], whitening: [Float])] {
        try taps.enumerated().map { index, tap in
            var (mean, covariance) = FeatureMoments.total(statistics.map { $0.moments[index] })
            let d = mean.count, trace = (0..<d).reduce(0.0) { $0 + covariance[$1 * d + $1] }
            for i in 0..<d { covariance[i * d + i] += 0.01 * trace / Double(d) }
            let whitening = try whitening(covariance, d, what: "level \(tap)")
            return (tap, mean.map(Float.init), whitening.map(Float.init))
        }
    }
}
