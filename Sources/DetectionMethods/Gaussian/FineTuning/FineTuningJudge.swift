import DetectionCore
import NeuralNets

/// Measures the gain of a tuned network: its separation of drawn defects with the fixed Gaussians and with Gaussians of
/// its own features.
struct FineTuningJudge: Sendable {
    struct Verdict {
        let backbone: Backbone
        /// Gaussians of the tuned features.
        let renewed: [GaussianModel.Level]
        let withFixed, withRenewed: ValidationOutcome
        /// The significant gain of the better of the two over the pretrained network.
        let surelyGained: Double
        let isRenewedBetter: Bool
    }

    let validation: FineTuningValidation
    /// The outcome of the pretrained network.
    let before: FineTuningValidation.Scores
    /// The Gaussians of the pretrained features.
    let fixed: [GaussianModel.Level]
    /// The images that Gaussians are estimated on during training.
    let fitting: FrameSource
    let options: GaussianOptions
    /// The number of standard errors by which a gain must exceed zero.
    let standardErrors: Double
    let onlooker: FittingWork.Watch?
    /// The watch's number for the pretrained network.
    let watchedBefore: Double?

    init(
        _ validation: FineTuningValidation, _ backbone: Backbone, fitting: FrameSource, options: GaussianOptions,
        standardErrors: Double, work: FittingWork
    ) throws {
        (self.validation, self.fitting, self.options) = (validation, fitting, options)
        (self.standardErrors, onlooker) = (standardErrors, work.watch)
        fixed = try GaussianTrainer.levels(
            fitting, backbone: backbone, options: options, workers: work.workers, progress: work.progress)
        before = try validation.scores(backbone, [fixed], workers: work.workers)[0]
        watchedBefore = try Self.watch(onlooker, backbone, fixed, options, workers: work.workers)
    }

    func verdict(on tuned: Backbone, workers: Int) throws -> Verdict {
        let renewed = try GaussianTrainer.levels(fitting, backbone: tuned, options: options, workers: workers)
        let outcomes = try validation.scores(tuned, [fixed, renewed], workers: workers)
            .map { $0.outcome(over: before) }
        let (withFixed, withRenewed) = (outcomes[0], outcomes[1])
        let gains = (withFixed.surelyGained(standardErrors), withRenewed.surelyGained(standardErrors))
        return Verdict(
            backbone: tuned, renewed: renewed, withFixed: withFixed, withRenewed: withRenewed,
            surelyGained: max(gains.0, gains.1), isRenewedBetter: gains.1 > gains.0)
    }

    /// The watch's number for the network with the better Gaussians.
    func watch(_ verdict: Verdict, workers: Int) throws -> Double? {
        try Self.watch(
            onlooker, verdict.backbone, verdict.isRenewedBetter ? verdict.renewed : fixed, options, workers: workers)
    }

    private static func watch(
        _ onlooker: FittingWork.Watch?, _ backbone: Backbone, _ levels: [GaussianModel.Level],
        _ options: GaussianOptions, workers: Int
    ) throws -> Double? {
        try onlooker? { frames in
            try LevelScores.of(
                count: frames.count, frame: { try frames.frame($0) }, width: options.inputWidth,
                height: options.inputHeight, backbone: backbone, gaussians: [levels], workers: workers)[0]
        }
    }
}
