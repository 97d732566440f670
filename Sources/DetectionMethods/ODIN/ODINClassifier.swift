import DetectionCore
import NeuralNets

/// ODIN's classifier.
package enum ODINClassifier: Sendable, Equatable {
    /// DenseNet-BC, trained on the products' images (the paper: depth 100, growth 12, half of the channels kept between
    /// the blocks).
    case denseNet(depth: Int, growth: Int, reduction: Double = 0.5)
    /// Wide ResNet, trained on the products' images (the paper: depth 28, width 10).
    case wideResNet(depth: Int, width: Int)
    /// A linear layer on a frozen backbone's pooled levels.
    case linear(levels: [String])

    /// - Parameter backbone: used by the linear classifier only.
    /// - Throws: `WeightError` naming the first parameter that is missing or has another shape.
    package func graph(
        classes: Int, _ weights: any ParameterSource, backbone: Backbone?
    ) throws -> NetworkGraph {
        switch self {
        case .denseNet(let depth, let growth, let reduction):
            return try DenseNet(depth: depth, growth: growth, classes: classes, reduction: reduction).graph(weights)
        case .wideResNet(let depth, let width):
            return try WideResNet(depth: depth, width: width, classes: classes).graph(weights)
        case .linear(let levels):
            guard let backbone else { throw ModelError("a linear classifier needs a backbone") }
            return try LinearClassifier(levels: levels, classes: classes).graph(weights, on: backbone)
        }
    }

    /// The name of the model's network.
    func name(backbone: Backbone?) -> String {
        switch self {
        case .denseNet(let depth, let growth, _): "densenet-bc-\(depth)-\(growth)"
        case .wideResNet(let depth, let width): "wide-resnet-\(depth)-\(width)"
        case .linear: backbone?.name ?? "linear"
        }
    }

    static func logits(of graph: NetworkGraph) -> NetworkGraph.NodeID {
        guard let node = graph.node(named: DenseNet.logits) else {
            preconditionFailure("the classifier has no logits")
        }
        return node
    }
}
