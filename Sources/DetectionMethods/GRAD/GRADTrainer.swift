import DetectionCore
import Foundation
import InspectionDomain
import NeuralNets

/// Fits a `GRADModel` on images of flawless parts (Lee et al., section 4.1): features once, then epochs over them.
///
/// Random numbers depend only on the seed and the position in the training (epoch, step), so a fit that resumes from a
/// checkpoint gives the same model bit for bit as an uninterrupted one.
package enum GRADTrainer {
    /// Share of the images kept apart to judge the epochs, their minimal and approximate maximal number (a mean loss
    /// needs no more, and training would miss rare flawless parts), and the number of images that can spare them.
    static let keptApartShare = 0.1
    static let fewestKeptApart = 4, mostKeptApart = 24
    static let fewestToSpare = 12

    /// - Throws: `FrameSource.Unreadable`, `ModelError`, `WeightError`, `FeatureCache.Failure`, and errors of the
    ///   checkpoint store.
    package static func fit(
        _ frames: FrameSource, backbone: Backbone, options: GRADOptions, work: FittingWork
    ) throws -> FittedDetector {
        guard frames.count >= 2 else {
            throw ModelError("fitting needs at least 2 images, there \(frames.count == 1 ? "is 1" : "are none")")
        }
        let taps = options.taps ?? backbone.defaultTaps
        guard !taps.isEmpty else {
            throw ModelError(
                "backbone \(backbone.name) has none of the levels that \(backbone.architecture.rawValue) taps")
        }
        let split = try split(frames, options: options, work: work)
        let features = try GRADFeatures(
            frames, backbone: backbone, taps: taps, options: options, work: work)
        let network = GRADNetwork(
            channels: features.channels, height: features.height, width: features.width,
            fusion: options.fusion.network(channels: features.channels))
        let epochs = options.epochs(pictures: split.fitting.count, variants: features.variants.each)
        var course = TrainingCourse(
            try GRADCourse(network: network, options: options, features: features, keptApart: split.keptApart),
            GRADCourse.plan(
                network: network, options: options, features: features, split: split, epochs: epochs))
        try course.run(work)
        var history = course.history
        history.fitting = split.fitting.count
        history.cache = features.cache.storage.rawValue
        let parameters = course.best ?? [:]
        var model = try GRADModel(
            backbone: backbone, options: options, taps: taps, network: network, projection: features.projection,
            parameters: parameters)
        if options.standardization == .position {
            model.statistics = try DistanceStatistics.measure(
                features, graph: model.graph, layout: model.layout(rows: features.rows, columns: features.columns),
                work: work)
        }
        if options.evidence == .both, options.standardization == .position {
            model.evidence = try ResidualEvidence.fit(
                frames, backbone: backbone, features: features, graph: model.graph, keptApart: split.keptApart,
                options: options, work: work)
        }
        return FittedDetector(model: model, history: history)
    }

    /// Splits the images into those trained on and those that judge the epochs; near-duplicates stay together.
    private static func split(
        _ frames: FrameSource, options: GRADOptions, work: FittingWork
    ) throws -> (fitting: [Int], keptApart: [Int]) {
        guard options.patience != 0, frames.count >= fewestToSpare else { return (Array(0..<frames.count), []) }
        let wanted = Double(frames.count) * keptApartShare
        let share = min(max(wanted, Double(fewestKeptApart)), Double(mostKeptApart)) / Double(frames.count)
        do {
            let split = try NearDuplicates.split(
                frames, share: share, seed: options.seed, workers: work.workers, progress: work.progress)
            return (split.fitting, split.calibration)
        } catch is NearDuplicates.OneGroup {
            // All alike: images kept apart would add nothing to the training loss.
            return (Array(0..<frames.count), [])
        }
    }
}

extension GRADOptions: FittableMethod {
    package func fit(_ frames: FrameSource, backbone: Backbone, work: FittingWork) throws -> FittedDetector {
        try GRADTrainer.fit(frames, backbone: backbone, options: self, work: work)
    }
}
