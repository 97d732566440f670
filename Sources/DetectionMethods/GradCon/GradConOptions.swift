import NeuralNets
import TensorCore

/// Settings of the GradCon detector; the defaults are the authors'.
package struct GradConOptions: Sendable, Equatable {
    /// 28 × 28, or multiples of 16.
    package var inputWidth = ConvolutionalAutoencoder.publishedSide
    package var inputHeight = ConvolutionalAutoencoder.publishedSide
    /// Epochs; nil for as many as `defaultSteps` steps take.
    package var epochs: Int?
    package var batchSize = 64
    package var learningRate: Float = 1e-3
    /// Weight of the gradients' alignment in training's loss.
    package var alignmentWeight: Float = 0.03
    /// Weight of the gradients' alignment in the image score.
    package var scoreWeight: Float = 0.12
    package var seed: UInt64 = 0

    package init() {}

    /// Steps of a fit without given epochs.
    package static let defaultSteps = 320
    /// Maps images to 0…1.
    static let normalization = Normalization(mean: [0, 0, 0], std: [1, 1, 1])
}
