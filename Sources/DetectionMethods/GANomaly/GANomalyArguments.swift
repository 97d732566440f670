import ArgumentParser
import DetectionCore
import NeuralNets

/// GANomaly on the command line.
package struct GANomalyArguments: MethodArguments {
    package typealias Model = GANomalyModel
    package static let abstract = "An adversarially trained autoencoder with its own network."
    package static let takesBackbone = false

    @Option(help: ArgumentHelp("Width and height of the network's input, a multiple of 16.", valueName: "pixels"))
    package var inputSize = GANomalyOptions().network.side

    @Option(help: ArgumentHelp("Length of an image's code.", valueName: "n"))
    package var latent = GANomalyOptions().network.latent

    @Option(
        help: ArgumentHelp("Channels after the first convolution, doubled at every halving.", valueName: "n"))
    package var channels = GANomalyOptions().network.width

    @Option(help: ArgumentHelp("Further 3×3 convolutions at half the resolution.", valueName: "n"))
    package var extraLayers = GANomalyOptions().network.extraLayers

    @Option(
        help: ArgumentHelp(
            "Weights of the adversarial, the contextual and the encoder loss; 1,50,1 by default.",
            valueName: "numbers"))
    package var lossWeights: LossWeights?

    @Option(help: ArgumentHelp("Epochs; by default enough for 1,000 steps.", valueName: "n"))
    package var epochs: Int?

    package init() {}

    package mutating func validate() throws {
        guard GANomalyNetwork.fits(side: inputSize) else {
            throw ValidationError("--input-size must be a multiple of 16 from 32 to 256, got \(inputSize)")
        }
        try requireRanges([
            ("--latent", latent, 1...4096), ("--channels", channels, 1...512), ("--extra-layers", extraLayers, 0...64),
            ("--epochs", epochs, 1...10_000),
        ])
    }

    package func method(products: [Product]) -> any FittableMethod {
        var options = GANomalyOptions()
        (options.network.side, options.network.latent) = (inputSize, latent)
        (options.network.width, options.network.extraLayers) = (channels, extraLayers)
        if let lossWeights { options.weights = lossWeights.weights }
        options.epochs = epochs
        return options
    }
}

/// `1,50,1`: three numbers from 0 on.
package struct LossWeights: ExpressibleByArgument {
    package let weights: GANomalyTraining.Weights

    package init?(argument: String) {
        let numbers = NameList(argument: argument)?.names.compactMap { Float($0) } ?? []
        guard numbers.count == 3, numbers.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return nil }
        var weights = GANomalyTraining.Weights()
        (weights.adversarial, weights.contextual, weights.encoder) = (numbers[0], numbers[1], numbers[2])
        self.weights = weights
    }
}
