import ArgumentParser
import DetectionCore
import NeuralNets

/// GradCon on the command line.
package struct GradConArguments: MethodArguments {
    package typealias Model = GradConModel
    package static let abstract = "An autoencoder trained to align its gradients for flawless images."
    package static let takesBackbone = false

    @Option(
        help: ArgumentHelp("Width and height of the network's input: 28, or a multiple of 16.", valueName: "pixels"))
    package var inputSize = GradConOptions().inputWidth

    @Option(help: ArgumentHelp("Weight of the gradients' alignment in training's loss.", valueName: "weight"))
    package var alignmentWeight = GradConOptions().alignmentWeight

    @Option(help: ArgumentHelp("Weight of the gradients' alignment in the image score.", valueName: "weight"))
    package var scoreWeight = GradConOptions().scoreWeight

    @Option(help: ArgumentHelp("Epochs; by default enough for 320 steps.", valueName: "n"))
    package var epochs: Int?

    package init() {}

    package mutating func validate() throws {
        guard inputSize <= 1024, ConvolutionalAutoencoder.fits(height: inputSize, width: inputSize) else {
            throw ValidationError("--input-size must be 28, or a multiple of 16 and at most 1024, got \(inputSize)")
        }
        for (name, value) in [("--alignment-weight", alignmentWeight), ("--score-weight", scoreWeight)]
        where !(0...1000).contains(value) {
            throw ValidationError("\(name) must be from 0 to 1000, got \(value)")
        }
        try requireRanges([("--epochs", epochs, 1...10_000)])
    }

    package func method(products: [Product]) -> any FittableMethod {
        var options = GradConOptions()
        (options.inputWidth, options.inputHeight) = (inputSize, inputSize)
        (options.alignmentWeight, options.scoreWeight) = (alignmentWeight, scoreWeight)
        options.epochs = epochs
        return options
    }
}
