import TensorCore

/// A network with its parameters as variables, for one step of training: forward passes through it are recorded, and
/// gradients taken with respect to what it tracks.
package struct TrainableNetwork {
    package typealias Normalization = LayerPass.Normalization

    private let graph: NetworkGraph
    private var variables: [String: Variable]
    /// The tracked parameters in the order of their names in `NetworkParameters`.
    package let tracked: [Variable]
    /// Running statistics, by the batch norm's scope; training moves them towards each batch's.
    package private(set) var statistics: [String: RunningStatistics]

    /// - Parameter isTracked: whether training changes the parameter of a name; all others are constant.
    package init(
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
    ///   - recomputes: keeps only each block's inputs, and runs the block again for its gradient: the same numbers for
    ///     less memory and one more forward run.
    package mutating func forward(
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

    /// The conditions of one evaluation.
    private struct Way {
        let input: Variable
        /// Nodes whose values are wanted.
        let kept: Set<NetworkGraph.NodeID>
        let fused: [NetworkGraph.NodeID: Pointwise], absorbed: Set<NetworkGraph.NodeID>
        let normalization: Normalization
        let adjusting: [NetworkGraph.NodeID: (Variable) -> Variable]

        /// Whether only the last value of these nodes is wanted; a single node saves no memory.
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
                ? inputs[0] : output(of: node, inputs, way, function: way.fused[id])
            values[id] = way.adjusting[id].map { $0(out) } ?? out
            // Values without further readers are released; the record keeps those that gradients need.
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
            nodes.flatMap { id in
                let node = graph.nodes[id]
                return node.layer.parameters.map { (node.scope ?? "") + $0.suffix }
            }
        ).sorted()
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
        // The second run leaves the running statistics unchanged.
        statistics = first.network.statistics
        return Variable(first.value.value, recomputedFrom: inputs) { run($0).value }
    }

    /// Activations that alone read a batch norm, by the norm that then applies them itself, so that one map less is
    /// kept; and the nodes that are absorbed in this way.
    private func activationsBehindNorms(
        _ order: [NetworkGraph.NodeID], except kept: Set<NetworkGraph.NodeID>
    ) -> (fused: [NetworkGraph.NodeID: Pointwise], absorbed: Set<NetworkGraph.NodeID>) {
        var readers: [NetworkGraph.NodeID: Int] = [:]
        for id in order { for input in graph.nodes[id].inputs { readers[input, default: 0] += 1 } }
        var fused: [NetworkGraph.NodeID: Pointwise] = [:], absorbed: Set<NetworkGraph.NodeID> = []
        for id in order {
            guard let function = graph.nodes[id].layer.function else { continue }
            let norm = graph.nodes[id].inputs[0]
            guard graph.nodes[norm].layer.takesFunction, readers[norm] == 1, !kept.contains(norm) else { continue }
            fused[norm] = function
            absorbed.insert(id)
        }
        return (fused, absorbed)
    }

    /// One layer's output; a batch norm's running statistics move.
    private mutating func output(
        of node: NetworkGraph.Node, _ inputs: [Variable], _ way: Way, function: Pointwise?
    ) -> Variable {
        let scope = node.scope ?? ""
        var pass = LayerPass(
            input: way.input, parameters: node.layer.parameters.map { parameter(scope + $0.suffix) },
            normalization: way.normalization, function: function, statistics: statistics[scope])
        let out = node.layer.forward(inputs, &pass)
        if let moved = pass.statistics { statistics[scope] = moved }
        return out
    }

    private func parameter(_ name: String) -> Variable {
        guard let variable = variables[name] else { preconditionFailure("the parameters lack \(name)") }
        return variable
    }
}
