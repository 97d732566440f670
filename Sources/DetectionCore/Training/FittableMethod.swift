import NeuralNets

/// A detection method with its settings, ready to be fitted on flawless images.
package protocol FittableMethod: Sendable {
    /// The seed of all random numbers: the same seed, images and machine give the same model bit for bit.
    var seed: UInt64 { get set }
    /// - Throws: `FrameSource.Unreadable`, `ModelError`, `WeightError`.
    func fit(_ frames: FrameSource, backbone: Backbone, work: FittingWork) throws -> FittedDetector
}

/// The result of a fit.
package struct FittedDetector: Sendable {
    package let model: any DetectorModel
    /// The training history; nil for methods that only estimate.
    package let history: TrainingHistory?
    /// Files of the method's own about its training, for the fit's report; nil for the usual curves of the losses.
    package var pictures: (@Sendable () throws -> [ReportFile])?

    package init(model: any DetectorModel, history: TrainingHistory? = nil) {
        self.model = model
        self.history = history
    }
}
