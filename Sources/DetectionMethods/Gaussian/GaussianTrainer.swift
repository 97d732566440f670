import DetectionCore
import NeuralNets

extension GaussianOptions: FittableMethod {
    package var leavingOut: LeavingOut { fineTuning == nil ? .inClosedForm : .never }

    package func fit(_ frames: FrameSource, backbone: Backbone, work: FittingWork) throws -> FittedDetector {
        if let fineTuning {
            return try FineTuner.fit(frames, backbone: backbone, options: self, fineTuning: fineTuning, work: work)
        }
        let fit = try GaussianTrainer.fit(frames, backbone: backbone, options: self, work: work)
        var fitted = FittedDetector(model: fit.model.rounded())
        fitted.leftOut = fit.leftOut
        return fitted
    }
}

/// Fits a `GaussianModel` on images of flawless parts, in one pass over them.
package enum GaussianTrainer {
    /// A model, and the scores of the images it was fitted on, each under the model of all other parts' images.
    struct Fit {
        let model: GaussianModel
        /// In the images' order.
        let leftOut: [LeftOutScore]
    }

    /// - Throws: `FrameSource.Unreadable`, `ModelError`, `WeightError`, `LinearAlgebra.Failure`.
    package static func model(
        _ frames: FrameSource, backbone: Backbone, options: GaussianOptions = GaussianOptions(), workers: Int
    ) throws -> GaussianModel {
        try fit(frames, backbone: backbone, options: options, work: FittingWork(workers: workers)).model
    }

    /// The result depends on the number of workers in the last bits only.
    ///
    /// - Parameter fixed: Gaussians of the pooled levels to use instead of the images' own.
    /// - Throws: the errors of `model`.
    static func fit(
        _ frames: FrameSource, backbone: Backbone, options: GaussianOptions, work: FittingWork,
        fixed: [GaussianModel.Level]? = nil
    ) throws -> Fit {
        let levelNames = try levelNames(backbone, options), tapNames = options.taps ?? backbone.defaultMapLevels
        work.progress?(0, 1, "registration")
        let backbone = try backbone.registered(
            taps: tapNames, height: options.inputHeight, width: options.inputWidth, threads: work.workers)
        work.progress?(1, 1, "registration")
        let statistics = try gather(
            frames, backbone, levelNames, taps: tapNames, options, workers: work.workers, progress: work.progress)
        work.progress?(0, 1, "Gaussians")
        let estimated = fixed == nil ? try levels(levelNames, statistics, frames: frames.count, options) : []
        let pixels: GaussianModel.PixelGaussians
        switch options.map {
        case .tied: pixels = .tied(try GaussianEstimates.tied(tapNames, statistics))
        case .perPosition:
            pixels = .perPosition(
                try PositionEstimates.gaussians(
                    tapNames, statistics, frames: frames.count, workers: work.workers))
        }
        work.progress?(1, 1, "Gaussians")
        let model = GaussianModel(
            backbone: backbone, inputWidth: options.inputWidth, inputHeight: options.inputHeight,
            levels: fixed ?? estimated.map(\.level), pixels: pixels, evidence: .pooled, scale: nil)
        let scores = LeftOutScores(
            model: model, levels: fixed == nil ? estimated.map(\.leftOut) : nil,
            positions: options.map == .perPosition ? .unbiased(count: frames.count) : nil)
        let pairs = try scores.distances(
            frames, parts: work.parts ?? frames.files.indices.map { [$0] }, workers: work.workers,
            progress: work.progress)
        let allChannels = statistics[0].cells.channels.count == statistics[0].mapChannels
        let usual = options.map == .tied || allChannels ? GaussianOptions.EvidenceKind.both : .pooled
        return scored(model, options.evidence ?? usual, pairs)
    }

    /// The model with its scale, and these images' scores.
    ///
    /// The scale is that of images without which the Gaussians are estimated; the scores, which calibrate, are those
    /// without all images of the same part.
    private static func scored(
        _ model: GaussianModel, _ evidence: GaussianOptions.EvidenceKind, _ pairs: [LeftOutScores.Pair]
    ) -> Fit {
        let scale = EvidenceScale(
            pooled: EvidenceScale.Part(pairs.map(\.image.pooled)),
            local: (pairs.first?.image.local.indices ?? 0..<0).map { extent in
                EvidenceScale.Part(pairs.map { $0.image.local[extent] })
            })
        let complete = model.with(evidence, scale: scale)
        return Fit(
            model: complete,
            leftOut: pairs.map {
                LeftOutScore(
                    imageScore: complete.score(pooled: $0.part.pooled, local: $0.part.local),
                    mapMaximum: $0.mapMaximum)
            })
    }

    /// Only the levels' Gaussians, which suffice for image scores.
    /// - Throws: errors of `fit`.
    package static func levels(
        _ frames: FrameSource, backbone: Backbone, options: GaussianOptions, workers: Int, progress: WorkProgress? = nil
    ) throws -> [GaussianModel.Level] {
        let names = try levelNames(backbone, options)
        let statistics = try gather(frames, backbone, names, taps: [], options, workers: workers, progress: progress)
        return try levels(names, statistics, frames: frames.count, options).map(\.level)
    }

    private static func levelNames(_ backbone: Backbone, _ options: GaussianOptions) throws -> [String] {
        let names = options.levels ?? backbone.defaultLevels
        guard !names.isEmpty, !(options.taps ?? backbone.defaultMapLevels).isEmpty else {
            throw ModelError(
                "backbone \(backbone.name) has none of the levels that \(backbone.architecture.rawValue) taps")
        }
        return names
    }

    /// One pass over the images.
    static func gather(
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

    /// The levels' Gaussians from the pooled features of all workers.
    static func levels(
        _ names: [String], _ statistics: [FeatureStatistics], frames: Int, _ options: GaussianOptions
    ) throws -> [(level: GaussianModel.Level, leftOut: LeftOut)] {
        let pooled = FeatureStatistics.pooled(statistics)
        return try names.enumerated().map { index, name in
            let samples = pooled.sorted { $0.key < $1.key }.flatMap { $0.value[index] }
            return try GaussianEstimates.level(name, samples, dimension: samples.count / frames, options.reduction)
        }
    }
}
