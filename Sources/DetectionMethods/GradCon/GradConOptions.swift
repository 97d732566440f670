import NeuralNets
import TensorCore

/// Settings of the GradCon detector; the defaults are the authors'.
public struct GradConOptions: Sendable, Equatable {
    /// 28 × 28, or multiples of 16.
    public var inputWidth = ConvolutionalAutoencoder.publishedSide
    public var inputHeight = ConvolutionalAutoencoder.publishedSide
    /// Passes over the pictures; nil for as many as `defaultSteps` steps take.
    public var epochs: Int?
    public var batchSize = 64
    public var learningRate: Float = 1e-3
    /// Of the gradients' alignment in training's loss.
    public var alignmentWeight: Float = 0.03
    /// Of the gradients' alignment in the image score.
    public var scoreWeight: Float = 0.12
    public var seed: UInt64 = 0

    public init() {}

    /// Steps of a fit whose epochs are not given.
    public static let defaultSteps = 320
    /// Pictures are 0…1.
    static let normalization = Normalization(mean: [0, 0, 0], std: [1, 1, 1])
}
