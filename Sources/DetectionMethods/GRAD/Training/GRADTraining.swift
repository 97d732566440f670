import CKernels
import NeuralNets
import TensorCore

/// GRAD's network in training: its parameters, the optimiser's state, and one step at a time.
package struct GRADTraining {
    package struct Rates: Sendable {
        /// Learning rates of the networks and of the two grids.
        package var networks, grids: Float
        package var weightDecay, clipNorm: Float

        package init(networks: Float, grids: Float, weightDecay: Float, clipNorm: Float) {
            (self.networks, self.grids, self.weightDecay, self.clipNorm) = (networks, grids, weightDecay, clipNorm)
        }
    }

    private let network: GRADNetwork
    private let graph: NetworkGraph
    private let output, coordinates: NetworkGraph.NodeID
    private let clipNorm: Float
    private let recomputes: Bool
    private var parameters: NetworkParameters
    private var optimizer: Adam

    /// - Parameter recomputes: whether a step runs blocks a second time instead of keeping their values: the same
    ///   numbers for less memory and more time.
    /// - Throws: `WeightError` if a parameter is missing or has another shape.
    package init(
        network: GRADNetwork, parameters source: any ParameterSource, rates: Rates, recomputes: Bool = false
    ) throws {
        self.network = network
        graph = try network.graph(source)
        guard let output = graph.node(named: GRADNetwork.output),
            let coordinates = graph.node(named: GRADNetwork.localCoordinates)
        else { preconditionFailure("GRAD's network has no output or no coordinates") }
        (self.output, self.coordinates, clipNorm) = (output, coordinates, rates.clipNorm)
        self.recomputes = recomputes
        parameters = NetworkParameters(of: graph)
        let isGrid = parameters.names.map { $0.hasPrefix("query.") }
        optimizer = .withDecoupledDecay([
            ParameterGroup(
                isGrid.indices.filter { !isGrid[$0] }, learningRate: rates.networks, weightDecay: rates.weightDecay),
            ParameterGroup(
                isGrid.indices.filter { isGrid[$0] }, learningRate: rates.grids, weightDecay: rates.weightDecay),
        ])
    }

    /// One update.
    /// - Parameters:
    ///   - features: `[N, H, W, C]`
    ///   - jitter: added to the local coordinates, `[N, H, W, 2]`; nil for none.
    ///   - rateFactor: multiplies the learning rates.
    /// - Returns: the loss before the update.
    package mutating func step(_ features: Tensor, jitter: Tensor?, rateFactor: Float = 1) -> Float {
        var (loss, gradients) = differentiate(features, jitter: jitter)
        clip(&gradients, toNorm: clipNorm)
        optimizer.step(&parameters.values, gradients: gradients, rateFactor: rateFactor)
        return loss
    }

    /// The loss and its gradients, unclipped, by the parameters' names and in the frameworks' layout.
    package func gradients(_ features: Tensor, jitter: Tensor?) -> (loss: Float, gradients: [String: StoredTensor]) {
        var copy = self
        let (loss, gradients) = copy.differentiate(features, jitter: jitter)
        copy.parameters.values = gradients
        return (loss, copy.parameters.stored())
    }

    package var state: TrainingState {
        get { TrainingState(parameters: parameters, optimizer: optimizer.state) }
        set { (parameters, optimizer.state) = (newValue.parameters, newValue.optimizer) }
    }

    /// All parameters and running statistics by name, in the frameworks' layout.
    package func stored() -> [String: StoredTensor] { parameters.stored() }

    /// The mean squared error of the refined features (section 3.4), and its gradients in the parameters' order.
    private mutating func differentiate(_ features: Tensor, jitter: Tensor?) -> (loss: Float, gradients: [Tensor]) {
        var pass = TrainableNetwork(graph, parameters)
        let noise: [NetworkGraph.NodeID: (Variable) -> Variable] =
            jitter.map { jitter in [coordinates: { $0 + Variable(jitter) }] } ?? [:]
        let normal = pass.forward(
            Variable(features), nodes: [output], normalization: .batch(momentum: 0.1), adjusting: noise,
            recomputes: recomputes)[0]
        parameters.statistics = pass.statistics
        let count = normal.value.values.count, channels = network.channels
        var byNormal = Tensor(zeros: normal.shape)
        let squares = ck_refined_squares(
            features.values, normal.value.values, count / channels, Int32(channels), GRADModel.refinement,
            1 / Float(count), &byNormal.values)
        let gradients = TensorCore.gradients(of: normal, weightedBy: byNormal, withRespectTo: pass.tracked)
        return (Float(squares / Double(count)), gradients.map(\.value))
    }
}
