import InspectionDomain
import NeuralNets
import TensorCore

/// Settings of the GANomaly detector; the defaults are the authors' unless the comment says otherwise.
package struct GANomalyOptions: Sendable, Equatable {
    /// A side of 64 by default (the authors: 32).
    package var network = GANomalyNetwork(side: 64)
    /// Epochs; nil for as many as `defaultSteps` steps take.
    package var epochs: Int?
    package var batchSize = 64
    package var learningRate: Float = 2e-4
    package var weights = GANomalyTraining.Weights()
    package var seed: UInt64 = 0

    package init() {}

    /// Steps of a fit without given epochs.
    package static let defaultSteps = 1000
    /// Maps images to −1…1.
    static let normalization = Normalization(mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])
}
