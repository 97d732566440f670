import Foundation
import Imaging
import NeuralNets
import TensorCore

/// Fits a `GaussianModel` whose backbone is fine-tuned (Rippel et al., VISAPP 2022): the Gaussians of the pretrained
/// features are held fixed, and the backbone learns to bring flawless pictures nearer to them.
///
/// Only flawless pictures are used, so features collapse when this goes on too long. Pictures kept apart, and the same with
/// drawn defects, say when: the epoch that tells them apart best is kept, and none when it gains too little over the
/// pretrained network.
public enum FineTuner {
    /// Share of the pictures kept apart to judge the epochs, the most of them, and how many pictures there must be.
    static let keptApartShare = 0.2
    static let mostKeptApart = 200
    static let fewest = 20

    /// - Throws: `FrameSource.Unreadable`, `ModelError`, `WeightError`, and what the checkpoint store throws.
    public static func fit(
        _ frames: FrameSource, backbone: Backbone, options: GaussianOptions, fineTuning: FineTuningOptions,
        work: FittingWork
    ) throws -> FittedDetector {
        guard frames.count >= fewest else {
            throw ModelError("fine-tuning needs at least \(fewest) pictures, there are \(frames.count)")
        }
        let share = min(keptApartShare, Double(mostKeptApart) / Double(frames.count))
        let split = try NearDuplicates.split(
            frames, share: share, seed: options.seed, workers: work.workers, progress: work.progress)
        let fitting = frames.subset(split.fitting)
        let validation = try FineTuningValidation(
            frames, pictures: split.calibration, width: options.inputWidth, height: options.inputHeight,
            seed: options.seed, workers: work.workers, progress: work.progress)
        var estimation = options
        estimation.fineTuning = nil
        let judge = try FineTuningJudge(
            validation, backbone, fitting: fitting, options: estimation, standardErrors: fineTuning.standardErrors,
            work: work)
        let pictures = try ResizedPictures(
            fitting, width: options.inputWidth, height: options.inputHeight, normalization: backbone.normalization,
            work: work)
        let tuning = try FineTuningCourse(
            backbone: backbone, pictures: pictures, judge: judge, options: fineTuning, seed: options.seed)
        var course = TrainingCourse(
            tuning, tuning.plan(identity: "\(estimation) \(backbone.name) \(fitting.paths)"))
        try course.run(work)
        return try choose(course, judge, frames, backbone, estimation, work)
    }

    /// The pretrained network, or the best epoch's with the fixed Gaussians or with new ones: whichever tells the drawn
    /// defects best.
    private static func choose(
        _ course: TrainingCourse<FineTuningCourse>, _ judge: FineTuningJudge, _ frames: FrameSource,
        _ backbone: Backbone, _ options: GaussianOptions, _ work: FittingWork
    ) throws -> FittedDetector {
        var history = course.history
        var summary = FineTuningSummary(before: judge.before.outcome(), chosen: .pretrained)
        summary.watchedBefore = judge.watchedBefore
        /// The Gaussians that go into the model are estimated on all pictures: nothing is left to be judged.
        func estimated(_ backbone: Backbone) throws -> GaussianModel {
            try GaussianTrainer.fit(
                frames, backbone: backbone, options: options, workers: work.workers, progress: work.progress)
        }
        guard let best = course.best else {
            history.fineTuning = summary
            return FittedDetector(model: try estimated(backbone), history: history)
        }
        let tuned = try course.subject.backbone(with: best)
        let verdict = try judge.verdict(on: tuned, workers: work.workers)
        (summary.withFixed, summary.withRenewed) = (verdict.withFixed, verdict.withRenewed)
        summary.chosen = verdict.isRenewedBetter ? .renewed : .fixed
        history.fineTuning = summary
        let model = try estimated(tuned)
        guard summary.chosen == .fixed else { return FittedDetector(model: model, history: history) }
        // The map's Gaussians are those of the tuned features in both cases.
        let fixed = GaussianModel(
            backbone: model.backbone, inputWidth: model.inputWidth, inputHeight: model.inputHeight,
            levels: try GaussianTrainer.levels(
                frames, backbone: backbone, options: options, workers: work.workers, progress: work.progress),
            pixels: model.pixels)
        return FittedDetector(model: fixed, history: history)
    }
}

/// What fine-tuning came to.
public struct FineTuningSummary: Codable, Sendable, Equatable {
    public enum Choice: String, Codable, Sendable {
        /// No epoch told drawn defects better than the pretrained network: it was kept.
        case pretrained
        /// The tuned network with the pretrained features' Gaussians.
        case fixed
        /// The tuned network with Gaussians of its own features.
        case renewed
    }

    /// The pretrained network.
    public var before: FineTuningValidation.Outcome
    /// The tuned one with the fixed Gaussians, and with new ones.
    public var withFixed, withRenewed: FineTuningValidation.Outcome?
    public var chosen: Choice
    /// What a `FittingWork.Watch` saw of the pretrained network.
    public var watchedBefore: Double?

    public init(before: FineTuningValidation.Outcome, chosen: Choice) { (self.before, self.chosen) = (before, chosen) }

    enum CodingKeys: String, CodingKey {
        case before, chosen
        case withFixed = "with_fixed_gaussians"
        case withRenewed = "with_renewed_gaussians"
        case watchedBefore = "watched_before"
    }

    public var after: FineTuningValidation.Outcome {
        switch chosen {
        case .pretrained: before
        case .fixed: withFixed ?? before
        case .renewed: withRenewed ?? before
        }
    }
}
