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

    /// One Gaussian per position: covariance + 0.01 · I (Defard et al., PaDiM, ICPR 2020).
    static func perPosition(
        _ taps: [String], _ statistics: [FeatureStatistics], frames: Int, workers: Int
    ) throws -> GaussianModel.PositionGaussians {
        let (height, width, channels) = statistics[0].positions
        let sums = statistics.map { (sum: $0.positionSum, outer: $0.positionOuter) }
        let parts = try ParallelFrames.run(
            count: height * width, workers: workers, phase: "Gaussians", progress: nil,
            makeWorker: { _ in [Int: (mean: [Float], whitening: [Float])]() },
            body: { found, position in
                found[position] = try Self.position(position, sums, channels.count, frames: frames)
            })
        let all = parts.flatMap { $0 }.sorted { $0.key < $1.key }.map(\.value)
        return GaussianModel.PositionGaussians(
            taps: taps, height: height, width: width, channels: channels, mean: all.flatMap(\.mean),
            whitening: all.flatMap(\.whitening))
    }

    private static func position(
        _ position: Int, _ workers: [(sum: [Double], outer: [Double])], _ d: Int, frames: Int
    ) throws -> (mean: [Float], whitening: [Float]) {
        let triangle = d * (d + 1) / 2, count = Double(frames)
        var mean = [Double](repeating: 0, count: d), outer = [Double](repeating: 0, count: triangle)
        for worker in workers {
            for i in 0..<d { mean[i] += worker.sum[position * d + i] / count }
            for i in 0..<triangle { outer[i] += worker.outer[position * triangle + i] }
        }
        var covariance = [Double](repeating: 0, count: d * d)
        for i in 0..<d {
            for j in 0...i {
                // Unbiased, as the method's authors compute it.
                let value = (outer[i * (i + 1) / 2 + j] - count * mean[i] * mean[j]) / (count - 1)
                covariance[i * d + j] = value
                covariance[j * d + i] = value
            }
            covariance[i * d + i] += 0.01
        }
        let inverse = LinearAlgebra.inverse(lowerTriangular: try LinearAlgebra.cholesky(covariance, d), d)
        return (mean.map(Float.init), (0..<d).flatMap { i in (0...i).map { Float(inverse[i * d + $0]) } })
    }
}
