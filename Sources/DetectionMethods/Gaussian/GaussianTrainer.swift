import CKernels
import COpenBLAS
import DetectionCore
import Foundation
import Imaging
import NeuralNets
import TensorCore

extension GaussianOptions: FittableMethod {
    package func fit(_ frames: FrameSource, backbone: Backbone, work: FittingWork) throws -> FittedDetector {
        if let fineTuning {
            return try FineTuner.fit(frames, backbone: backbone, options: self, fineTuning: fineTuning, work: work)
        }
        return FittedDetector(
            model: try GaussianTrainer.fit(
                frames, backbone: backbone, options: self, workers: work.workers, progress: work.progress))
    }
}

/// Fits a `GaussianModel` on images of flawless parts, in one pass over them.
package enum GaussianTrainer {
    /// - Parameters:
    ///   - workers: threads, each with its own network; the result depends on their number in the last bits only.
    ///   - progress: called from the workers.
    /// - Throws: `FrameSource.Unreadable`, `ModelError`, `WeightError`, `LinearAlgebra.Failure`.
    package static func fit(
        _ frames: FrameSource, backbone: Backbone, options: GaussianOptions = GaussianOptions(), workers: Int,
        progress: WorkProgress? = nil
    ) throws -> GaussianModel {
        let levelNames = try levelNames(backbone, options), tapNames = options.taps ?? backbone.defaultTaps
        progress?(0, 1, "registration")
        let backbone = try backbone.registered(
            taps: tapNames, height: options.inputHeight, width: options.inputWidth, threads: workers)
        progress?(1, 1, "registration")
        let statistics = try gather(
            frames, backbone, levelNames, taps: tapNames, options, workers: workers, progress: progress)
        progress?(0, 1, "Gaussians")
        let levels = try levels(levelNames, statistics, frames: frames.count, options)
        let pixels: GaussianModel.PixelGaussians
        switch options.map {
        case .tied: pixels = .tied(try tied(tapNames, statistics))
        case .perPosition: pixels = .perPosition(try perPosition(tapNames, statistics, frames: frames.count))
        }
        progress?(1, 1, "Gaussians")
        return GaussianModel(
            backbone: backbone, inputWidth: options.inputWidth, inputHeight: options.inputHeight, levels: levels,
            pixels: pixels)
    }

    /// Only the levels' Gaussians, which suffice for image scores.
    /// - Throws: errors of `fit`.
    package static func levels(
        _ frames: FrameSource, backbone: Backbone, options: GaussianOptions, workers: Int, progress: WorkProgress? = nil
    ) throws -> [GaussianModel.Level] {
        let names = try levelNames(backbone, options)
        let statistics = try gather(frames, backbone, names, taps: [], options, workers: workers, progress: progress)
        return try levels(names, statistics, frames: frames.count, options)
    }

    private static func levelNames(_ backbone: Backbone, _ options: GaussianOptions) throws -> [String] {
        let names = options.levels ?? backbone.defaultLevels
        guard !names.isEmpty, !(options.taps ?? backbone.defaultTaps).isEmpty else {
            throw ModelError(
                "backbone \(backbone.name) has none of the levels that \(backbone.architecture.rawValue) taps")
        }
        return names
    }

    private static func gather(
        _ frames: FrameSource, _ backbone: Backbone, _ levels: [String], taps: [String], _ options: GaussianOptions,
        workers: Int, progress: WorkProgress?
    ) throws -> [FeatureStatistics] {
        guard frames.count >= 2 else {
            throw ModelError("fitting needs at least 2 images, there \(frames.count == 1 ? "is 1" : "are none")")
        }
        return try ParallelFrames.run(
            count: frames.count, workers: workers, phase: "features", progress: progress,
            makeWorker: { _ in
                try FeatureStatistics(backbone: backbone, levels: levels, taps: taps, options: options)
            },
            body: { statistics, index in statistics.add(try frames.frame(index), index: index) })
    }

    private static func levels(
        _ names: [String], _ statistics: [FeatureStatistics], frames: Int, _ options: GaussianOptions
    ) throws -> [GaussianModel.Level] {
        let pooled = statistics.reduce(into: [Int: [[Double]]]()) { all, worker in
            all.merge(worker.pooled) { first, _ in first }
        }
        return try names.enumerated().map { index, name in
            let samples = pooled.sorted { $0.key < $1.key }.flatMap { $0.value[index] }
            return try level(name, samples, dimension: samples.count / frames, options.reduction)
        }
    }

    /// Ledoit–Wolf and Cholesky of one level's pooled features, after a projection if reduced.
    ///
    /// - Parameter samples: `[n, dimension]`.
    static func level(
        _ name: String, _ samples: [Double], dimension d: Int, _ reduction: GaussianOptions.Reduction
    ) throws -> GaussianModel.Level {
        guard let projection = try projection(samples, dimension: d, reduction) else {
            let estimate = LedoitWolf(samples, dimension: d)
            let whitening = try whitening(estimate.covariance, d, what: "level \(name)")
            return GaussianModel.Level(name: name, mean: estimate.mean, whitening: whitening, rank: d)
        }
        let rank = projection.count / d, n = samples.count / d
        let reduced = LinearAlgebra.product(samples, projection, rows: n, depth: d, columns: rank)
        let inner = try whitening(LedoitWolf(reduced, dimension: rank).covariance, rank, what: "level \(name)")
        var mean = [Double](repeating: 0, count: d)
        for row in 0..<n { for column in 0..<d { mean[column] += samples[row * d + column] / Double(n) } }
        return GaussianModel.Level(
            name: name, mean: mean,
            whitening: LinearAlgebra.product(projection, inner, rows: d, depth: rank, columns: rank), rank: rank)
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
    private static func tied(
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
    private static func perPosition(
        _ taps: [String], _ statistics: [FeatureStatistics], frames: Int
    ) throws -> GaussianModel.PositionGaussians {
        let (height, width, channels) = statistics[0].positions
        let d = channels.count, count = Double(frames)
        var means: [Float] = [], whitenings: [Float] = []
        means.reserveCapacity(height * width * d)
        let triangle = d * (d + 1) / 2
        whitenings.reserveCapacity(height * width * triangle)
        for position in 0..<height * width {
            var mean = [Double](repeating: 0, count: d), outer = [Double](repeating: 0, count: triangle)
            for worker in statistics {
                for i in 0..<d { mean[i] += worker.positionSum[position * d + i] / count }
                for i in 0..<triangle { outer[i] += worker.positionOuter[position * triangle + i] }
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
            means += mean.map(Float.init)
            for i in 0..<d { for j in 0...i { whitenings.append(Float(inverse[i * d + j])) } }
        }
        return GaussianModel.PositionGaussians(
            taps: taps, height: height, width: width, channels: channels, mean: means, whitening: whitenings)
    }
}
