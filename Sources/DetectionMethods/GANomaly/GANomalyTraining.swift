import NeuralNets
import TensorCore

/// GANomaly's two networks in training against each other (Akcay et al., ACCV 2018, sections 3.2 and 3.3).
package struct GANomalyTraining {
    /// Losses before the step's updates.
    package struct Losses: Sendable {
        /// The discriminator's loss, and the generator's weighted sum.
        package var discriminator, generator: Float
        /// The parts of the generator's loss: distance of the discriminator's features, of the images, of the codes.
        package var adversarial, contextual, encoder: Float
    }

    /// Weights of the three losses in the generator's.
    package struct Weights: Sendable, Equatable {
        package var adversarial: Float = 1, contextual: Float = 50, encoder: Float = 1
        package init() {}
    }

    /// Below this loss the discriminator has collapsed: the generator no longer learns from it.
    package static let collapse: Float = 1e-5
    private static let normalization = TrainableNetwork.Normalization.batch(momentum: 0.1)

    private struct Side {
        let graph: NetworkGraph
        var parameters: NetworkParameters
        var optimizer: Adam

        init(_ graph: NetworkGraph, learningRate: Float) {
            self.graph = graph
            parameters = NetworkParameters(of: graph)
            optimizer = Adam(
                [ParameterGroup(parameters.values.indices, learningRate: learningRate)], betas: (0.5, 0.999))
        }

        var state: TrainingState {
            get { TrainingState(parameters: parameters, optimizer: optimizer.state) }
            set { (parameters, optimizer.state) = (newValue.parameters, newValue.optimizer) }
        }

        func node(_ name: String) -> NetworkGraph.NodeID {
            guard let node = graph.node(named: name) else { preconditionFailure("GANomaly's networks have no \(name)") }
            return node
        }

        mutating func update(_ gradients: [Variable]) {
            optimizer.step(&parameters.values, gradients: gradients.map(\.value))
        }
    }

    private let weights: Weights
    private var generator, discriminator: Side

    /// - Throws: `WeightError` if a parameter is missing or has another shape.
    package init(
        network: GANomalyNetwork, generator: any ParameterSource, discriminator: any ParameterSource,
        learningRate: Float, weights: Weights = Weights()
    ) throws {
        self.generator = Side(try network.generator(generator), learningRate: learningRate)
        self.discriminator = Side(try network.discriminator(discriminator), learningRate: learningRate)
        self.weights = weights
    }

    /// One update of both networks, in the authors' order: the generator's images and the discriminator's predictions
    /// of them first, then the generator's update, then the discriminator's by those predictions.
    ///
    /// - Parameter pictures: `[N, H, W, C]`, −1…1; at least 2, for their statistics.
    package mutating func step(_ pictures: Tensor) -> Losses {
        let x = Variable(pictures)
        var producer = TrainableNetwork(generator.graph, generator.parameters)
        let made = producer.forward(
            x,
            nodes: [
                generator.node(GANomalyNetwork.picture), generator.node(GANomalyNetwork.inputCode),
                generator.node(GANomalyNetwork.pictureCode),
            ], normalization: Self.normalization)
        let (picture, inputCode, pictureCode) = (made[0], made[1], made[2])
        generator.parameters.statistics = producer.statistics

        let (prediction, features) = (
            discriminator.node(GANomalyNetwork.prediction), discriminator.node(GANomalyNetwork.features)
        )
        var judge = TrainableNetwork(discriminator.graph, discriminator.parameters)
        let ofReal = judge.forward(x, nodes: [prediction], normalization: Self.normalization)[0]
        let ofMade = judge.forward(picture.detached, nodes: [prediction], normalization: Self.normalization)[0]
        discriminator.parameters.statistics = judge.statistics

        let errors = generatorErrors(x, picture, inputCode, pictureCode, features)
        let total =
            errors.adversarial * weights.adversarial + errors.contextual * weights.contextual
            + errors.encoder * weights.encoder
        generator.update(gradients(of: total, withRespectTo: producer.tracked))

        let count = pictures.shape[0]
        let doubt =
            (binaryCrossEntropy(ofReal, targets: [Float](repeating: 1, count: count))
                + binaryCrossEntropy(ofMade, targets: [Float](repeating: 0, count: count))) * 0.5
        discriminator.update(gradients(of: doubt, withRespectTo: judge.tracked))
        return Losses(
            discriminator: doubt.scalar, generator: total.scalar, adversarial: errors.adversarial.scalar,
            contextual: errors.contextual.scalar, encoder: errors.encoder.scalar)
    }

    /// Runs the discriminator on both images again, as a constant; its running statistics are updated.
    private mutating func generatorErrors(
        _ x: Variable, _ picture: Variable, _ inputCode: Variable, _ pictureCode: Variable,
        _ features: NetworkGraph.NodeID
    ) -> (adversarial: Variable, contextual: Variable, encoder: Variable) {
        var critic = TrainableNetwork(discriminator.graph, discriminator.parameters, tracking: { _ in false })
        let ofReal = critic.forward(x, nodes: [features], normalization: Self.normalization)[0]
        let ofMade = critic.forward(picture, nodes: [features], normalization: Self.normalization)[0]
        discriminator.parameters.statistics = critic.statistics
        return (mseLoss(ofReal, ofMade), l1Loss(picture, x), mseLoss(pictureCode, inputCode))
    }

    /// New weights for a collapsed discriminator; its running statistics and the optimiser's state stay, as in the
    /// authors' code.
    package mutating func reinitializeDiscriminator(_ source: any ParameterSource) throws {
        let statistics = discriminator.parameters.statistics
        try discriminator.parameters.load(source)
        discriminator.parameters.statistics = statistics
    }

    /// All parameters and running statistics by name, in the frameworks' layout.
    package func storedGenerator() -> [String: StoredTensor] { generator.parameters.stored() }
    package func storedDiscriminator() -> [String: StoredTensor] { discriminator.parameters.stored() }

    var state: [String: StoredTensor] {
        var tensors: [String: StoredTensor] = [:]
        for (name, tensor) in generator.state.tensors { tensors["generator.\(name)"] = tensor }
        for (name, tensor) in discriminator.state.tensors { tensors["discriminator.\(name)"] = tensor }
        return tensors
    }

    mutating func restore(_ tensors: [String: StoredTensor]) throws {
        let made = try TrainingState(tensors, prefix: "generator.", like: generator.state)
        discriminator.state = try TrainingState(tensors, prefix: "discriminator.", like: discriminator.state)
        generator.state = made
    }
}
