import NeuralNets

/// A detection method with its settings, ready to be fitted on flawless images.
package protocol FittableMethod: Sendable {
    /// The seed of all random numbers: the same seed, images and machine give the same model bit for bit.
    var seed: UInt64 { get set }
    /// How images that are fitted on calibrate too, unless the user says otherwise.
    var leavingOut: LeavingOut { get }
    /// - Throws: `FrameSource.Unreadable`, `ModelError`, `WeightError`.
    func fit(_ frames: FrameSource, backbone: Backbone, work: FittingWork) throws -> FittedDetector
}

extension FittableMethod {
    package var leavingOut: LeavingOut { .never }
}

/// How each image's score under a model without its part is found.
package enum LeavingOut: Sendable, Equatable {
    /// By the fit itself, at hardly any cost.
    case inClosedForm
    /// By fitting again without each of this many folds of parts: for fits of seconds.
    case byRefitting(folds: Int)
    /// Not by default: other images are held out.
    case never
}

/// The score of an image under a model that does not know its part.
package struct LeftOutScore: Sendable, Equatable {
    package let imageScore, mapMaximum: Double

    package init(imageScore: Double, mapMaximum: Double) {
        (self.imageScore, self.mapMaximum) = (imageScore, mapMaximum)
    }
}

/// The result of a fit.
package struct FittedDetector: Sendable {
    package let model: any DetectorModel
    /// The training history; nil for methods that only estimate.
    package let history: TrainingHistory?
    /// Scores of the images fitted on, in their order, each under a model that was fitted without its part; nil for
    /// methods that cannot compute them without fitting again.
    package var leftOut: [LeftOutScore]?
    /// Files of the method's own about its training, for the fit's report; nil for the usual curves of the losses.
    package var pictures: (@Sendable () throws -> [ReportFile])?

    package init(model: any DetectorModel, history: TrainingHistory? = nil) {
        self.model = model
        self.history = history
    }
}
