import DetectionCore
import NeuralNets

extension ResidualEvidence {
    /// The addition to every channel's variance: about 3 % of whitened differences' usual variance.
    private static let added = 0.002
    /// The number of images kept apart that suffice to measure the scale.
    private static let fewestForScale = 12

    /// Measures both kinds over the images of a fit.
    ///
    /// The network has seen the images that it was trained on, whose differences are smaller than those of others: the
    /// scale is measured on the images kept apart, left out of the Gaussians in closed form. Without enough of these
    /// all images give it, and the local part weighs somewhat more than it should.
    /// - Throws: `FrameSource.Unreadable`, `FeatureCache.Failure`, `ModelError`, `WeightError`.
    static func fit(
        _ frames: FrameSource, backbone: Backbone, features: GRADFeatures, graph: NetworkGraph, keptApart: [Int],
        options: GRADOptions, work: FittingWork
    ) throws -> ResidualEvidence {
        let names = backbone.defaultLevels
        var pooling = GaussianOptions()
        (pooling.inputWidth, pooling.inputHeight) = (options.inputWidth, options.inputHeight)
        let statistics = try GaussianTrainer.gather(
            frames, backbone, names, taps: [], pooling, workers: work.workers, progress: work.progress)
        let levels = try GaussianTrainer.levels(names, statistics, frames: frames.count, pooling)
        let plain = features.variants.plain(Array(0..<frames.count))
        let workers = try ParallelFrames.run(
            count: plain.count, workers: work.workers, phase: "differences", progress: work.progress,
            makeWorker: { _ in try Worker(features, graph) },
            body: { worker, index in try worker.add(plain[index], keeping: keptApart.contains(index) ? index : nil) })
        let residuals = try PositionEstimates.view(
            workers.map(\.moments), frames: frames.count, added: added, workers: work.workers
        ).view
        let pooled = FeatureStatistics.pooled(statistics)
        var kept = workers.reduce(into: [Int: [Float]]()) { all, worker in all.merge(worker.kept) { first, _ in first }
        }
        if kept.count < fewestForScale {
            let worker = try Worker(features, graph)
            kept = try Dictionary(
                uniqueKeysWithValues: plain.indices.map { ($0, try worker.blocks(plain[$0])) })
        }
        let scale = scale(of: kept, pooled, levels, residuals, frames: frames.count)
        return ResidualEvidence(
            levels: levels.map(\.level), residuals: residuals, deviations: deviations(workers.map(\.features)),
            scale: scale)
    }

    /// Each channel's standard deviation; 1 for a channel that does not vary.
    private static func deviations(_ moments: [FeatureMoments]) -> [Float] {
        let (mean, covariance) = FeatureMoments.total(moments), d = mean.count
        return (0..<d).map { covariance[$0 * d + $0] > 0 ? Float(covariance[$0 * d + $0].squareRoot()) : 1 }
    }

    /// The scale of images, each left out.
    private static func scale(
        of blocks: [Int: [Float]], _ pooled: [Int: [[Double]]],
        _ levels: [(level: GaussianModel.Level, leftOut: LeftOut)], _ residuals: PositionGaussians.View, frames: Int
    ) -> EvidenceScale {
        let rule = LeftOut.unbiased(count: frames), images = blocks.sorted { $0.key < $1.key }
        let whole = images.map { image in
            zip(levels, pooled[image.key] ?? []).reduce(0) { $0 + $1.0.leftOut.distance($1.0.level.distance($1.1)) }
        }
        // The left-out distance grows with the distance, so the largest stays the largest.
        let local = images.map { rule.distance(largest($0.value, residuals)) }
        return EvidenceScale(pooled: EvidenceScale.Part(whole), local: [EvidenceScale.Part(local)])
    }

    /// One thread's network and the sums of its differences.
    private final class Worker {
        private let source: GRADFeatures
        private let representation: NormalRepresentation
        private var differences = FeatureDifferences()
        private(set) var moments: PositionMoments
        /// Of the blocks' features.
        private(set) var features: FeatureMoments
        /// Blocks of the images kept apart.
        private(set) var kept: [Int: [Float]] = [:]

        init(_ features: GRADFeatures, _ graph: NetworkGraph) throws {
            source = features
            self.features = FeatureMoments(channels: features.channels)
            representation = try NormalRepresentation(
                graph: graph, height: features.height, width: features.width, channels: features.channels, threads: 1)
            moments = PositionMoments(
                .cell, rows: (features.height + 1) / 2, columns: (features.width + 1) / 2, channels: features.channels)
        }

        func blocks(_ variant: Int) throws -> [Float] {
            try source.cache.load(variant, into: representation.features.baseAddress!)
            representation.differences(into: &differences)
            return blocks(of: differences.vectors)
        }

        private func blocks(of values: [Float]) -> [Float] {
            ResidualEvidence.blocks(values, rows: source.height, columns: source.width, channels: source.channels)
        }

        func add(_ variant: Int, keeping index: Int?) throws {
            let blocks = try blocks(variant)
            moments.add(blocks)
            self.blocks(of: Array(representation.features)).withUnsafeBufferPointer { features.add($0) }
            if let index { kept[index] = blocks }
        }
    }
}
