import DetectionCore
import NeuralNets
import TensorCore

extension DetectionMethod {
    /// Adversarially trained autoencoder (Akcay et al., ACCV 2018).
    package static let ganomaly = DetectionMethod(rawValue: "ganomaly")
}

/// A fitted GANomaly detector (Akcay et al., ACCV 2018): the generator, without training's discriminator.
package struct GANomalyModel: DetectorModel {
    package static let method = DetectionMethod.ganomaly
    package let network: GANomalyNetwork
    /// The generator with its learnt parameters.
    package let graph: NetworkGraph
    /// Parameters in the frameworks' layout.
    let parameters: [String: StoredTensor]

    /// Nil: the method has its own network.
    package var backboneName: String { "dcgan" }
    package var inputWidth: Int { network.side }
    package var inputHeight: Int { network.side }

    /// - Throws: `WeightError` if a parameter is missing or has another shape.
    package init(network: GANomalyNetwork, parameters: [String: StoredTensor]) throws {
        (self.network, self.parameters) = (network, parameters)
        graph = try network.generator(StoredParameters(parameters, file: "the GANomaly model"))
    }

    package func makeDetector(threads: Int, extractors: SharedExtractors) throws -> any Detector {
        try GANomalyDetector(model: self, threads: threads)
    }

    /// Codes of trained networks may be arbitrarily short, and so may their distances.
    package func rounding(of score: Double) -> Double { 2e-3 * score }

    static let outputs = [GANomalyNetwork.picture, GANomalyNetwork.inputCode, GANomalyNetwork.pictureCode]
}

extension GANomalyModel {
    /// Tensors: `generator.<name>`.
    package func encoded() throws -> ModelContents {
        var contents = ModelContents(inputWidth: inputWidth, inputHeight: inputHeight)
        contents.settings.merge(
            [
                "latent": String(network.latent), "width": String(network.width),
                "extra_layers": String(network.extraLayers),
            ]
        ) { $1 }
        for (name, tensor) in parameters { contents.tensors["generator.\(name)"] = tensor }
        return contents
    }

    /// - Throws: `ModelError`, `WeightError` for a file that contradicts its metadata.
    package init(file: WeightFile, name: String) throws {
        let reader = ModelReader(file: file, name: name)
        let (width, height) = try reader.inputSize()
        guard width == height, GANomalyNetwork.fits(side: width) else { throw reader.damaged("input_width") }
        let network = GANomalyNetwork(
            side: width, latent: try reader.integer("latent", in: 1...4096),
            width: try reader.integer("width", in: 1...1024),
            extraLayers: try reader.integer("extra_layers", in: 0...64))
        try self.init(network: network, parameters: reader.tensors(under: "generator."))
    }
}
