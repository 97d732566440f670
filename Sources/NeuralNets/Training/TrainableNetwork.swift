import TensorCore

/// A network with its parameters as variables, for one step of training: forward passes through it are recorded, and
/// gradients taken with respect to what it tracks.
public struct TrainableNetwork {
    /// Where batch norms take their mean and variance from.
    public enum Normalization: Sendable {
        /// Running statistics, which stay as they are.
        case frozen
        /// The batch; the running statistics move towards it with this momentum (0.1 unless a method says otherwise).
        case batch(momentum: Float)
    }

    private let graph: NetworkGraph
    private var variables: [String: Variable]
    /// The tracked parameters in the order of their names in `NetworkParameters`.
    public let tracked: [Variable]
    /// Running statistics, by the batch norm's scope; training moves them towards each batch's.
    public private(set) var statistics: [String: RunningStatistics]

    /// - Parameter isTracked: of a parameter's name, whether training changes it; everything else is constant.
    public init(
        _ graph: NetworkGraph, _ parameters: NetworkParameters, tracking isTracked: (String) -> Bool = { _ in true }
    ) {
        self.graph = graph
        let all = zip(parameters.names, parameters.values).map { name, value in
            (name, isTracked(name) ? Variable(tracking: value) : Variable(value))
        }
        variables = Dictionary(uniqueKeysWithValues: all)
        tracked = all.map(\.1).filter(\.isTracked)
        statistics = parameters.statistics
    }

    /// Evaluates the network.
    ///
    /// - Parameters:
    ///   - input: `[N, H, W, C]`: what the input node reads.
    ///   - wanted: the nodes whose outputs are returned, in this order.
    ///   - adjusting: changes to nodes' outputs before others read them (noise on coordinates, …).
    ///   - recomputes: keeps of each block only what goes into it, and runs it again when its gradient flows: the same
    ///     numbers for less memory and one more forward run.
    public mutating func forward(
        _ input: Variable, nodes wanted: [NetworkGraph.NodeID], normalization: Normalization,
        adjusting: [NetworkGraph.NodeID: (Variable) -> Variable] = [:], recomputes: Bool = false
    ) -> [Variable] {
        let order = graph.nodesNeeded(for: wanted), kept = Set(wanted).union(adjusting.keys)
        let (fused, absorbed) = activationsBehindNorms(order, except: kept)
        let way = Way(
            input: input, kept: kept, fused: fused, absorbed: absorbed, normalization: normalization,
            adjusting: adjusting)
        var values: [NetworkGraph.NodeID: Variable] = [:], last: NetworkGraph.NodeID?
        for stretch in recomputes ? graph.stretches(order, endsNone: { fused[$0] != nil }) : [order] {
            if let entry = last, let given = values[entry], way.canRecompute(stretch) {
                values[stretch[stretch.count - 1]] = recomputed(stretch, from: entry, given, way)
                if !kept.contains(entry) { values[entry] = nil }
            } else {
                evaluate(stretch, way, &values)
            }
            last = stretch.last
        }
        return wanted.compactMap { values[$0] }
    }

    /// What one evaluation is about.
    private struct Way {
        let input: Variable
        /// Nodes whose values somebody asks for.
        let kept: Set<NetworkGraph.NodeID>
        let fused: [NetworkGraph.NodeID: Pointwise], absorbed: Set<NetworkGraph.NodeID>
        let normalization: Normalization
        let adjusting: [NetworkGraph.NodeID: (Variable) -> Variable]

        /// Whether nothing but the last value of these nodes is asked for; of a single one there is nothing to save.
        func canRecompute(_ stretch: [NetworkGraph.NodeID]) -> Bool {
            stretch.count > 1 && kept.isDisjoint(with: stretch.dropLast()) && !stretch.contains { adjusting[$0] != nil }
        }
    }

    /// Evaluates nodes whose inputs from before are among `values`.
    private mutating func evaluate(
        _ nodes: [NetworkGraph.NodeID], _ way: Way, _ values: inout [NetworkGraph.NodeID: Variable]
    ) {
        var pending: [NetworkGraph.NodeID: Int] = [:]
        for id in nodes { for input in graph.nodes[id].inputs { pending[input, default: 0] += 1 } }
        for id in nodes {
            let node = graph.nodes[id], inputs = node.inputs.compactMap { values[$0] }
            let out =
                way.absorbed.contains(id)
                ? inputs[0] : evaluate(node, inputs, way.input, way.fused[id], way.normalization)
            values[id] = way.adjusting[id].map { $0(out) } ?? out
            // What nobody reads any more is let go; the record keeps what gradients need.
            for input in node.inputs {
                pending[input, default: 0] -= 1
                if pending[input] == 0, !way.kept.contains(input) { values[input] = nil }
            }
        }
    }

    /// The last node's value, of nodes that read nothing from before but `entry`.
    private mutating func recomputed(
        _ nodes: [NetworkGraph.NodeID], from entry: NetworkGraph.NodeID, _ given: Variable, _ way: Way
    ) -> Variable {
        let names = Set(
            nodes.compactMap { graph.nodes[$0].scope }.flatMap { scope in ["", ".weight", ".bias"].map { scope + $0 } }
        ).filter { variables[$0] != nil }.sorted()
        let inputs = [given] + names.compactMap { variables[$0] }
        let network = self
        func run(_ inputs: [Variable]) -> (value: Variable, network: TrainableNetwork) {
            var copy = network
            for (name, variable) in zip(names, inputs.dropFirst()) { copy.variables[name] = variable }
            var values = [entry: inputs[0]]
            copy.evaluate(nodes, way, &values)
            guard let value = nodes.last.flatMap({ values[$0] }) else { preconditionFailure("no nodes to evaluate") }
            return (value, copy)
        }
        let first = run(inputs.map(\.detached))
        // Of the second run the running statistics do not hear.
        statistics = first.network.statistics
        return Variable(first.value.value, recomputedFrom: inputs) { run($0).value }
    }

    /// Activations that alone read a batch norm, by the norm that then applies them itself, so that one map less is kept;
    /// and the nodes that are absorbed in this way.
    private func activationsBehindNorms(
        _ order: [NetworkGraph.NodeID], except kept: Set<NetworkGraph.NodeID>
    ) -> (fused: [NetworkGraph.NodeID: Pointwise], absorbed: Set<NetworkGraph.NodeID>) {
        var readers: [NetworkGraph.NodeID: Int] = [:]
        for id in order { for input in graph.nodes[id].inputs { readers[input, default: 0] += 1 } }
        var fused: [NetworkGraph.NodeID: Pointwise] = [:], absorbed: Set<NetworkGraph.NodeID> = []
        for id in order {
            guard case .activation(let kind) = graph.nodes[id].operation else { continue }
            let norm = graph.nodes[id].inputs[0]
            guard case .batchNorm = graph.nodes[norm].operation, readers[norm] == 1, !kept.contains(norm) else {
                continue
            }
            fused[norm] = kind.pointwise
            absorbed.insert(id)
        }
        return (fused, absorbed)
    }

    /// - Parameter activation: what a batch norm applies too.
    private mutating func evaluate(
        _ node: NetworkGraph.Node, _ inputs: [Variable], _ input: Variable, _ activation: Pointwise?,
        _ normalization: Normalization
    ) -> Variable {
        switch node.operation {
        case .input: return input
        case .convolution(let convolution):
            return conv2d(
                inputs[0], parameter(node, ".weight"), bias: convolution.bias.map { _ in parameter(node, ".bias") },
                stride: convolution.stride, padding: convolution.padding(of: inputs[0].shape),
                groups: convolution.groups)
        case .transposedConvolution(let convolution):
            return convTranspose2d(
                inputs[0], parameter(node, ".weight"), bias: convolution.bias.map { _ in parameter(node, ".bias") },
                stride: convolution.stride, padding: convolution.padding)
        case .batchNorm(let norm): return normalize(inputs[0], node, norm.epsilon, activation, normalization)
        case .activation(let kind): return kind.pointwise(inputs[0])
        case .add: return inputs[0] + inputs[1]
        case .globalAveragePool: return mean(inputs[0], axes: 1...2, keepingAxes: true)
        case .scaleChannels: return inputs[0] * inputs[1]
        case .maxPool(let kernel, let stride, let padding):
            return TensorCore.maxPool(inputs[0], Window(kernel, kernel, stride: stride, padding: .all(padding)))
        case .averagePool(let kernel):
            return TensorCore.averagePool(inputs[0], Window(kernel, kernel, stride: kernel))
        case .concatenate: return concatenateChannels(inputs)
        case .gridSample:
            let grid = parameter(node, "")
            return TensorCore.gridSample(grid.reshaped(Shape([1] + grid.shape.dimensions)), inputs[0])
        case .unfold(let height, let width):
            return inputs[0].reshaped([inputs[0].shape[0], height, width, node.channels])
        }
    }

    private mutating func normalize(
        _ x: Variable, _ node: NetworkGraph.Node, _ epsilon: Float, _ activation: Pointwise?,
        _ normalization: Normalization
    ) -> Variable {
        let scope = node.scope ?? ""
        guard var statistics = statistics[scope] else { preconditionFailure("no statistics for batch norm \(scope)") }
        let (weight, bias) = (parameter(node, ".weight"), parameter(node, ".bias"))
        switch normalization {
        case .frozen:
            return batchNorm(
                x, weight: weight, bias: bias, mean: statistics.mean, variance: statistics.variance, epsilon: epsilon,
                activation: activation)
        case .batch(let momentum):
            let (out, mean, variance) = batchNormTraining(
                x, weight: weight, bias: bias, epsilon: epsilon, activation: activation)
            statistics.update(
                mean: mean, variance: variance, count: x.value.values.count / node.channels, momentum: momentum)
            self.statistics[scope] = statistics
            return out
        }
    }

    private func parameter(_ node: NetworkGraph.Node, _ suffix: String) -> Variable {
        let name = (node.scope ?? "") + suffix
        guard let variable = variables[name] else { preconditionFailure("the parameters lack \(name)") }
        return variable
    }
}
