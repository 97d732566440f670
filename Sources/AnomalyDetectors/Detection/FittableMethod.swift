import Foundation
import NeuralNets

/// A detection method with its settings, ready to be fitted on flawless pictures.
public protocol FittableMethod: Sendable {
    /// Orders what fitting draws at random: the same seed, pictures and machine give the same model bit for bit.
    var seed: UInt64 { get set }
    /// - Throws: `FrameSource.Unreadable`, `ModelError`, `WeightError`.
    func fit(_ frames: FrameSource, backbone: Backbone, work: FittingWork) throws -> FittedDetector
}

/// How fitting is carried out; nothing here changes what comes out.
public struct FittingWork: Sendable {
    /// Threads.
    public var workers: Int
    /// Called from any thread.
    public var progress: Progress?
    /// Where long fitting leaves its state; nil for nowhere.
    public var checkpoint: CheckpointStore?
    /// Told what the user should know besides, in a sentence each.
    public var remark: (@Sendable (String) -> Void)?
    /// Looks at fine-tuning after every epoch, for study; nothing depends on it.
    public var watch: Watch?

    /// - Returns: a number for the history: an AUROC on pictures that fitting never sees.
    public typealias Watch = @Sendable (Backbone, [GaussianModel.Level]) throws -> Double

    public init(
        workers: Int, progress: Progress? = nil, checkpoint: CheckpointStore? = nil,
        remark: (@Sendable (String) -> Void)? = nil, watch: Watch? = nil
    ) {
        (self.workers, self.progress, self.checkpoint) = (workers, progress, checkpoint)
        (self.remark, self.watch) = (remark, watch)
    }
}

/// Keeps the latest state of a fit, so that an interrupted one goes on where it was.
public struct CheckpointStore: Sendable {
    /// Nil when there is none.
    public var load: @Sendable () throws -> Data?
    /// Replaces the one before, whole or not at all.
    public var save: @Sendable (Data) throws -> Void
    /// Forgets it: the fit is over.
    public var discard: @Sendable () -> Void
    /// Seconds between two saves within an epoch; at the end of one it is saved anyway.
    public var interval = 60.0

    public init(
        load: @escaping @Sendable () throws -> Data?, save: @escaping @Sendable (Data) throws -> Void,
        discard: @escaping @Sendable () -> Void
    ) {
        (self.load, self.save, self.discard) = (load, save, discard)
    }
}

/// What fitting gave.
public struct FittedDetector: Sendable {
    public let model: any DetectorModel
    /// The course of training; nil for methods that only estimate.
    public let history: TrainingHistory?

    public init(model: any DetectorModel, history: TrainingHistory? = nil) {
        (self.model, self.history) = (model, history)
    }
}

/// The course of training, epoch by epoch.
public struct TrainingHistory: Codable, Sendable, Equatable {
    public struct Epoch: Codable, Sendable, Equatable {
        /// Mean loss of the steps.
        public var loss: Double
        /// What the loss is made of, and what is trained against it, by name; nil for a loss of one part.
        public var parts: [String: Double]?
        /// Loss of the pictures kept apart, after the epoch; nil when there were none.
        public var heldOutLoss: Double?
        public var learningRate: Double
        /// How drawn defects were told after the epoch, with the fixed Gaussians and with Gaussians of the tuned features;
        /// nil for methods that are not judged so.
        public var validation, renewed: FineTuningValidation.Outcome?
        /// What a `FittingWork.Watch` saw after the epoch.
        public var watched: Double?

        enum CodingKeys: String, CodingKey {
            case loss, parts, validation, renewed, watched
            case heldOutLoss = "held_out_loss"
            case learningRate = "learning_rate"
        }
    }

    public var epochs: [Epoch] = []
    /// Index of the epoch whose parameters the model has.
    public var bestEpoch = 0
    /// Pictures trained on, and kept apart to judge the epochs.
    public var fitting = 0
    public var heldOut = 0
    /// Whether training ended because the kept-apart pictures' loss no longer improved.
    public var stoppedEarly = false
    /// Where the features were kept.
    public var cache = ""

    /// What fine-tuning came to.
    public var fineTuning: FineTuningSummary?
    /// How a gate's perturbation was chosen.
    public var odin: ODINSummary?

    public init() {}

    enum CodingKeys: String, CodingKey {
        case epochs, fitting, cache, odin
        case fineTuning = "fine_tuning"
        case bestEpoch = "best_epoch"
        case heldOut = "held_out"
        case stoppedEarly = "stopped_early"
    }
}

extension GaussianOptions: FittableMethod {
    public func fit(_ frames: FrameSource, backbone: Backbone, work: FittingWork) throws -> FittedDetector {
        if let fineTuning {
            return try FineTuner.fit(frames, backbone: backbone, options: self, fineTuning: fineTuning, work: work)
        }
        return FittedDetector(
            model: try GaussianTrainer.fit(
                frames, backbone: backbone, options: self, workers: work.workers, progress: work.progress))
    }
}
