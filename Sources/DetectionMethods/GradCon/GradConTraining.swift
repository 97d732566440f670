import NeuralNets
import TensorCore

/// GradCon's autoencoder in training (Kwon et al., ECCV 2020, section 3.2): the gradients of the decoder's weights are
/// kept aligned with those of earlier steps. The loss contains a gradient, so a step differentiates twice.
package struct GradConTraining {
    /// Losses before the update: `total = error + weight · alignment`.
    package struct Losses: Sendable {
        package var total: Float
        /// Mean squared error of the reconstruction.
        package var error: Float
        /// −1…1: minus the mean cosine between the gradients and those of all earlier steps; 0 in the first.
        package var alignment: Float
    }

    private let graph: NetworkGraph
    private let output: NetworkGraph.NodeID
    private let weight: Float
    private var parameters: NetworkParameters
    private var optimizer: Adam
    /// Indices of the decoder's weights among the parameters.
    private let decoder: [Int]
    /// The means of the total loss's gradients by the decoder's weights over all steps, in the operations' layout.
    package private(set) var references: [Tensor]

    /// - Parameter weight: the alignment's weight in the loss.
    /// - Throws: `WeightError` if a parameter is missing or has another shape.
    package init(
        network: ConvolutionalAutoencoder, parameters source: any ParameterSource, learningRate: Float, weight: Float
    ) throws {
        graph = try network.graph(source)
        output = GradConModel.output(of: graph)
        let parameters = NetworkParameters(of: graph)
        decoder = ConvolutionalAutoencoder.decoder.compactMap { parameters.names.firstIndex(of: "\($0).weight") }
        references = decoder.map { Tensor(zeros: parameters.values[$0].shape) }
        optimizer = Adam([ParameterGroup(parameters.values.indices, learningRate: learningRate)])
        (self.parameters, self.weight) = (parameters, weight)
    }

    /// One update.
    /// - Parameter pictures: `[N, H, W, C]`, 0…1.
    package mutating func step(_ pictures: Tensor) -> Losses {
        let (losses, slopes) = differentiate(pictures)
        // The optimiser counts the steps.
        let before = Float(optimizer.state.steps)
        for (place, index) in decoder.enumerated() {
            references[place].scale(by: before)
            references[place].add(slopes[index])
            references[place].scale(by: 1 / (before + 1))
        }
        optimizer.step(&parameters.values, gradients: slopes)
        return losses
    }

    /// The losses and the gradients by all parameters, in their order.
    private func differentiate(_ pictures: Tensor) -> (losses: Losses, slopes: [Tensor]) {
        var network = TrainableNetwork(graph, parameters)
        let x = Variable(pictures)
        let error = mseLoss(network.forward(x, nodes: [output], normalization: .frozen)[0], x)
        var total = error, alignment: Float = 0
        if optimizer.state.steps > 0 {
            let weights = decoder.map { network.tracked[$0] }
            let slopes = gradients(of: error, withRespectTo: weights, createGraph: true)
            let aligned = -GradConModel.meanCosine(slopes, references)
            alignment = aligned.scalar
            total = error + aligned * weight
        }
        let slopes = gradients(of: total, withRespectTo: network.tracked).map(\.value)
        return (Losses(total: total.scalar, error: error.scalar, alignment: alignment), slopes)
    }

    /// All parameters by name, in the frameworks' layout.
    package func stored() -> [String: StoredTensor] { parameters.stored() }

    var state: [String: StoredTensor] {
        TrainingState(parameters: parameters, optimizer: optimizer.state).tensors
            .merging(GradConModel.stored(references)) { $1 }
    }

    mutating func restore(_ tensors: [String: StoredTensor]) throws {
        let state = try TrainingState(
            tensors, like: TrainingState(parameters: parameters, optimizer: optimizer.state))
        references = try GradConModel.references(in: tensors, like: references)
        (parameters, optimizer.state) = (state.parameters, state.optimizer)
    }
}
