import InspectionDomain
import NeuralNets
import TensorCore

/// Settings of the GANomaly detector; the defaults are the authors' unless the comment says otherwise.
public struct GANomalyOptions: Sendable, Equatable {
    /// A side of 64 by default (the authors: 32).
    public var network = GANomalyNetwork(side: 64)
    /// Passes over the pictures; nil for as many as `defaultSteps` steps take.
    public var epochs: Int?
    public var batchSize = 64
    public var learningRate: Float = 2e-4
    public var weights = GANomalyTraining.Weights()
    public var seed: UInt64 = 0

    public init() {}

    /// Steps of a fit whose epochs are not given.
    public static let defaultSteps = 1000
    /// Pictures are −1…1.
    static let normalization = Normalization(mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])
}
