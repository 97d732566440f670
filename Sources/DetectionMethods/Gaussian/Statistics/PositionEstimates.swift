import DetectionCore
import Foundation
import TensorCore

/// Gaussians of the map's positions, from their sums.
enum PositionEstimates {
    /// One Gaussian per position and extent: covariance + 0.01 · I (Defard et al., PaDiM, ICPR 2020).
    static func gaussians(
        _ taps: [String], _ statistics: [FeatureStatistics], frames: Int, workers: Int
    ) throws -> PositionGaussians {
        let (height, width, channels) = statistics[0].cells
        let estimates = try statistics[0].positions.indices.map { index in
            try view(statistics.map { $0.positions[index] }, frames: frames, added: 0.01, workers: workers)
        }
        return PositionGaussians(
            taps: taps, height: height, width: width, channels: channels, views: estimates.map(\.view),
            deviations: estimates[0].deviations)
    }

    /// One Gaussian for each position of an extent.
    /// - Parameters:
    ///   - moments: of each worker.
    ///   - added: to every channel's variance.
    /// - Returns: the Gaussians, and each channel's standard deviation about the positions' means, never below what is
    ///   added.
    static func view(
        _ moments: [PositionMoments], frames: Int, added: Double, workers: Int
    ) throws -> (view: PositionGaussians.View, deviations: [Float]) {
        let shape = moments[0]
        let parts = try ParallelFrames.run(
            count: shape.height * shape.width, workers: workers, phase: "Gaussians", progress: nil,
            makeWorker: { _ in [Int: Position]() },
            body: { found, position in
                found[position] = try Self.position(position, moments, frames: frames, added: added)
            })
        let all = parts.flatMap { $0 }.sorted { $0.key < $1.key }.map(\.value)
        let view = PositionGaussians.View(
            extent: shape.extent, height: shape.height, width: shape.width, channels: shape.channels,
            mean: all.flatMap(\.mean), whitening: .exact(all.flatMap(\.whitening)),
            usual: usual(all, channels: shape.channels, frames: frames, added: added))
        let deviations = all[0].variances.indices.map { channel in
            let sum = all.reduce(0.0) { $0 + max(0, $1.variances[channel]) }
            return Float((sum / Double(all.count) + added).squareRoot())
        }
        return (view, deviations)
    }

    private struct Position {
        let mean, whitening: [Float]
        /// Of each channel.
        let variances: [Double]
    }

    private static func position(
        _ position: Int, _ workers: [PositionMoments], frames: Int, added: Double
    ) throws -> Position {
        let d = workers[0].channels, triangle = d * (d + 1) / 2, count = Double(frames)
        var mean = [Double](repeating: 0, count: d), outer = [Double](repeating: 0, count: triangle)
        for worker in workers {
            for i in 0..<d { mean[i] += worker.sum[position * d + i] / count }
            for i in 0..<triangle { outer[i] += worker.outer[position * triangle + i] }
        }
        var covariance = [Double](repeating: 0, count: d * d), variances = [Double](repeating: 0, count: d)
        for i in 0..<d {
            for j in 0...i {
                // Unbiased, as the method's authors compute it.
                let value = (outer[i * (i + 1) / 2 + j] - count * mean[i] * mean[j]) / (count - 1)
                covariance[i * d + j] = value
                covariance[j * d + i] = value
            }
            variances[i] = covariance[i * d + i]
            covariance[i * d + i] += added
        }
        // Values far from zero that hardly vary leave rounding alone in the covariance: what is below it counts as noise.
        var squares = 0.0
        for i in 0..<d { squares += outer[i * (i + 1) / 2 + i] / (count * Double(d)) }
        var inverse: [Double]?, noise = squares * 1e-12
        while inverse == nil {
            if let factor = try? LinearAlgebra.cholesky(covariance, d) {
                inverse = LinearAlgebra.inverse(lowerTriangular: factor, d)
            } else {
                guard noise.isFinite, noise <= squares else { throw ModelError("the features are no finite numbers") }
                for i in 0..<d { covariance[i * d + i] += noise }
                noise *= 10
            }
        }
        guard let inverse else { preconditionFailure("a factor or an error") }
        return Position(
            mean: mean.map(Float.init), whitening: (0..<d).flatMap { i in (0...i).map { Float(inverse[i * d + $0]) } },
            variances: variances)
    }

    /// The left-out distance of an average image: one whose squared distance is the mean of all fitted ones'.
    ///
    /// With the covariance C of the images and S = C + added · I that mean is `(n − 1) / n · trace(S⁻¹ C)`, and
    /// `trace(S⁻¹ C) = d − added · trace(S⁻¹)`. At least one standard deviation, so that equal images make nothing
    /// infinitely unusual.
    private static func usual(_ positions: [Position], channels d: Int, frames: Int, added: Double) -> Float {
        let n = Double(frames), rule = LeftOut.unbiased(count: frames)
        let sum = positions.reduce(0.0) { sum, position in
            let trace = position.whitening.reduce(0.0) { $0 + Double($1) * Double($1) }
            let square = max(0, (n - 1) / n * (Double(d) - added * trace))
            return sum + rule.distance(square.squareRoot())
        }
        return Float(max(1, sum / Double(max(1, positions.count))))
    }
}
