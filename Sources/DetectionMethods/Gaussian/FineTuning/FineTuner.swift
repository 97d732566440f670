import DetectionCore
import Foundation
import Imaging
import NeuralNets
import TensorCore

/// Fits a `GaussianModel` whose backbone is fine-tuned (Rippel et al., VISAPP 2022): the Gaussians of the pretrained
/// features are held fixed, and the backbone learns to bring flawless images nearer to them.
///
/// Training uses only flawless images, so features collapse if it lasts too long. Images kept apart, with and without
/// drawn defects, decide when to stop: the epoch that separates them best is kept, or none if it gains too little over
/// the pretrained network.
package enum FineTuner {
    /// Share and maximal number of the images kept apart to judge the epochs, and the minimal number of images.
    static let keptApartShare = 0.2
    static let mostKeptApart = 200
    static let fewest = 20

    /// - Throws: `FrameSource.Unreadable`, `ModelError`, `WeightError`, and errors of the checkpoint store.
    package static func fit(
        _ frames: FrameSource, backbone: Backbone, options: GaussianOptions, fineTuning: FineTuningOptions,
        work: FittingWork
    ) throws -> FittedDetector {
        guard frames.count >= fewest else {
            throw ModelError("fine-tuning needs at least \(fewest) images, there are \(frames.count)")
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
        let pictures = try ResizedImages(
            fitting, width: options.inputWidth, height: options.inputHeight, normalization: backbone.normalization,
            work: work)
        let tuning = try FineTuningCourse(
            backbone: backbone, pictures: pictures, judge: judge, options: fineTuning, seed: options.seed)
        var course = TrainingCourse(
            tuning, tuning.plan(identity: "\(estimation) \(backbone.name) \(fitting.paths)"))
        try course.run(work)
        return try choose(course, judge, frames, backbone, estimation, work)
    }

    /// The pretrained network, or the best epoch's with the fixed or with new Gaussians: the one that separates the
    /// drawn defects best.
    private static func choose(
        _ course: TrainingCourse<FineTuningCourse>, _ judge: FineTuningJudge, _ frames: FrameSource,
        _ backbone: Backbone, _ options: GaussianOptions, _ work: FittingWork
    ) throws -> FittedDetector {
        var summary = FineTuningSummary(before: judge.before.outcome(), chosen: .pretrained)
        summary.watchedBefore = judge.watchedBefore
        /// The model's Gaussians are estimated on all images; no images remain to judge them.
        func estimated(
            _ backbone: Backbone, fixed: [GaussianModel.Level]? = nil
        ) throws -> GaussianTrainer.Fit {
            try GaussianTrainer.fit(frames, backbone: backbone, options: options, work: work, fixed: fixed)
        }
        guard let best = course.best else {
            return try reported(estimated(backbone), summary, course.history, frames)
        }
        let tuned = try course.subject.backbone(with: best)
        let verdict = try judge.verdict(on: tuned, workers: work.workers)
        (summary.withFixed, summary.withRenewed) = (verdict.withFixed, verdict.withRenewed)
        summary.chosen = verdict.isRenewedBetter ? .renewed : .fixed
        guard summary.chosen == .fixed else {
            return try reported(estimated(tuned), summary, course.history, frames)
        }
        // The map's Gaussians are those of the tuned features in both cases.
        let fixed = try GaussianTrainer.levels(
            frames, backbone: backbone, options: options, workers: work.workers, progress: work.progress)
        return try reported(estimated(tuned, fixed: fixed), summary, course.history, frames)
    }

    /// The model with the report of its fine-tuning.
    private static func reported(
        _ fit: GaussianTrainer.Fit, _ summary: FineTuningSummary, _ history: TrainingHistory, _ frames: FrameSource
    ) throws -> FittedDetector {
        var history = history
        try history.sections.add(summary, text: FineTuningReport.text(summary, history))
        // The network has seen every image, so none can be left out of it: these scores calibrate nothing.
        var fitted = FittedDetector(model: fit.model.rounded(), history: history)
        fitted.pictures = { [history] in
            FineTuningReport.pictures(summary, history)
                + [try ReportFile("defects.png", png: FineTuningReport.defects(frames, seed: 0))]
        }
        return fitted
    }
}
