import DetectionCore
import NeuralNets
import TensorCore

extension DetectionMethod {
    /// Autoencoder with a gradient constraint (Kwon et al., ECCV 2020).
    package static let gradcon = DetectionMethod(rawValue: "gradcon")
}

/// A fitted GradCon detector (Kwon et al., ECCV 2020): an autoencoder of flawless images, and the directions of its
/// decoder's gradients during training.
package struct GradConModel: DetectorModel {
    package static let method = DetectionMethod.gradcon
    package let network: ConvolutionalAutoencoder
    /// The network with its learnt parameters.
    package let graph: NetworkGraph
    /// Mean gradients of the decoder's weights, `[4, 4, output channels, channels]` each.
    package let references: [Tensor]
    /// Weight of the cosine in the image score.
    package let scoreWeight: Float
    /// Parameters in the frameworks' layout.
    let parameters: [String: StoredTensor]

    /// Nil: the method has its own network.
    package var backboneName: String { "autoencoder" }
    package var inputWidth: Int { network.width }
    package var inputHeight: Int { network.height }

    /// - Throws: `WeightError` if a parameter or reference is missing or has another shape.
    package init(
        network: ConvolutionalAutoencoder, parameters: [String: StoredTensor], references: [String: StoredTensor],
        scoreWeight: Float
    ) throws {
        (self.network, self.parameters, self.scoreWeight) = (network, parameters, scoreWeight)
        graph = try network.graph(StoredParameters(parameters, file: "the GradCon model"))
        let values = NetworkParameters(of: graph)
        self.references = try Self.references(
            in: references,
            like: ConvolutionalAutoencoder.decoder.compactMap { values["\($0).weight"] })
    }

    package func makeDetector(threads: Int, extractors: SharedExtractors) throws -> any Detector {
        GradConDetector(model: self, threads: threads)
    }

    /// The cosine's part of the score may cancel the error's.
    package func rounding(of score: Double) -> Double { 2e-4 * max(Double(scoreWeight), abs(score)) }

    static func output(of graph: NetworkGraph) -> NetworkGraph.NodeID {
        guard let output = graph.node(named: ConvolutionalAutoencoder.output) else {
            preconditionFailure("the autoencoder has no output")
        }
        return output
    }

    /// The mean over the layers of the cosine between a gradient and its reference, a scalar.
    static func meanCosine(_ slopes: [Variable], _ references: [Tensor]) -> Variable {
        let cosines = zip(slopes, references).map { slope, reference in
            let flat = Shape([1, reference.values.count])
            return cosineSimilarity(slope.reshaped(flat), Variable(reference.reshaped(flat)))
        }
        return mean(concatenateChannels(cosines))
    }

    static func stored(_ references: [Tensor]) -> [String: StoredTensor] {
        Dictionary(
            uniqueKeysWithValues: references.enumerated().map { index, tensor in
                ("reference.\(index)", StoredTensor(floats: tensor.values, shape: tensor.shape.dimensions))
            })
    }

    static func references(in tensors: [String: StoredTensor], like shapes: [Tensor]) throws -> [Tensor] {
        let source = StoredParameters(tensors, file: "GradCon")
        return try shapes.enumerated().map { index, like in
            let values = try source.tensor("reference.\(index)", shape: like.shape.dimensions)
            return Tensor(shape: like.shape, values: values)
        }
    }
}

extension GradConModel {
    /// Tensors: `gradcon.<name>` for the network's parameters, and `reference.<layer>`.
    package func encoded() throws -> ModelContents {
        var contents = ModelContents(inputWidth: inputWidth, inputHeight: inputHeight)
        contents.settings["score_weight"] = String(scoreWeight)
        for (name, tensor) in parameters { contents.tensors["gradcon.\(name)"] = tensor }
        contents.tensors.merge(Self.stored(references)) { $1 }
        return contents
    }

    /// - Throws: `ModelError`, `WeightError` for a file that contradicts its metadata.
    package init(file: WeightFile, name: String) throws {
        let reader = ModelReader(file: file, name: name)
        let (width, height) = try reader.inputSize()
        guard ConvolutionalAutoencoder.fits(height: height, width: width),
            let weight = Float(try reader.setting("score_weight")), weight.isFinite
        else { throw reader.damaged("input_width, input_height, score_weight") }
        try self.init(
            network: ConvolutionalAutoencoder(height: height, width: width),
            parameters: reader.tensors(under: "gradcon."), references: file.tensors, scoreWeight: weight)
    }
}
