import DetectionCore
import NeuralNets
import TensorCore

/// A backbone in training towards fixed Gaussians: its parameters, the optimiser, one update at a time.
package struct FineTuningStep {
    private let graph: NetworkGraph
    private let nodes: [NetworkGraph.NodeID]
    /// Per level: mean `[c]` and whitening `[c, rank]`.
    private let gaussians: [(mean: Tensor, whitening: Tensor)]
    private let isTracked: [Bool]
    package private(set) var parameters: NetworkParameters
    private var optimizer: Adam

    /// - Throws: `WeightError` for a level that the backbone does not have, `ModelError` for stages without weights.
    package init(backbone: Backbone, levels: [GaussianModel.Level], options: FineTuningOptions) throws {
        let nodes = try levels.map { try backbone.node(of: $0.name) }
        try self.init(graph: backbone.graph, nodes: nodes, levels: levels, options: options)
    }

    /// - Parameter nodes: the levels' maps, in the levels' order.
    /// - Throws: `ModelError` for stages without weights.
    package init(
        graph: NetworkGraph, nodes: [NetworkGraph.NodeID], levels: [GaussianModel.Level], options: FineTuningOptions
    ) throws {
        (self.graph, self.nodes) = (graph, nodes)
        gaussians = levels.map { level in
            let c = level.mean.count
            return (
                Tensor(shape: [c], values: level.mean.map(Float.init)),
                Tensor(shape: [c, level.rank], values: level.whitening.map(Float.init))
            )
        }
        parameters = NetworkParameters(of: graph)
        let isTracked = parameters.names.map { name in
            options.stages.map { stages in stages.contains { name.hasPrefix($0 + ".") } } ?? true
        }
        guard isTracked.contains(true) else {
            throw ModelError("none of \((options.stages ?? []).joined(separator: ", ")) has a weight to train")
        }
        self.isTracked = isTracked
        optimizer = Adam([
            ParameterGroup(isTracked.indices.filter { isTracked[$0] }, learningRate: options.learningRate)
        ])
    }

    /// One update.
    ///
    /// - Parameters:
    ///   - count: images in all parts together.
    ///   - parts: `[n, H, W, 3]` each, normalised; requested one at a time.
    /// - Returns: the mean over the images of their summed distances, before the update.
    package mutating func update(count: Int, parts: some Sequence<Tensor>) -> Float {
        var loss: Float = 0
        var gradients: [Tensor] = []
        for part in parts {
            let (share, slopes) = differentiate(part, count: count)
            loss += share
            if gradients.isEmpty {
                gradients = slopes
            } else {
                for index in gradients.indices where isTracked[index] { gradients[index].add(slopes[index]) }
            }
        }
        optimizer.step(&parameters.values, gradients: gradients)
        return loss
    }

    /// The images' share of the loss `Σ distance / count`, and its gradients in the parameters' order, zeros for
    /// untrained ones.
    package func differentiate(_ pictures: Tensor, count: Int) -> (loss: Float, gradients: [Tensor]) {
        let names = Dictionary(uniqueKeysWithValues: zip(parameters.names, isTracked))
        var pass = TrainableNetwork(graph, parameters, tracking: { names[$0] ?? false })
        let maps = pass.forward(Variable(pictures), nodes: nodes, normalization: .frozen)
        var total = Variable(Tensor(shape: [], values: [0]))
        for (map, gaussian) in zip(maps, gaussians) {
            let centred = globalAveragePool(map) - Variable(gaussian.mean)
            let whitened = matmul(centred, Variable(gaussian.whitening))
            // An image on the mean itself has no gradient.
            total = total + sum(Pointwise.squareRoot(sum(whitened * whitened, axes: 1...1) + 1e-12))
        }
        let loss = total * (1 / Float(count))
        var slopes = gradients(of: loss, withRespectTo: pass.tracked).map(\.value).makeIterator()
        let all = zip(parameters.values, isTracked).map { value, isTracked in
            (isTracked ? slopes.next() : nil) ?? Tensor(zeros: value.shape)
        }
        return (loss.scalar, all)
    }

    package var state: TrainingState {
        get { TrainingState(parameters: parameters, optimizer: optimizer.state) }
        set { (parameters, optimizer.state) = (newValue.parameters, newValue.optimizer) }
    }
}
