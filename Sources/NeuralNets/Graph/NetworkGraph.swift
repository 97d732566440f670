import TensorCore

/// One network, written once: training (`TrainableNetwork`) and the fused `InferencePlan` both read it.
///
/// Nodes are in evaluation order; a node's inputs come before it. Nodes that a user may tap carry a name.
package struct NetworkGraph: Sendable {
    package typealias NodeID = Int

    package struct Node: Sendable {
        package let layer: any Layer
        package let inputs: [NodeID]
        /// Channels of the node's output.
        package let channels: Int
        /// The parameter scope it was read from, as the weights name it (`features.3.0.block.1.0`), or nil.
        package let scope: String?
    }

    package private(set) var nodes: [Node] = []
    /// Tap names in network order.
    package private(set) var tapNames: [String] = []
    /// The first missing tensor, if the weights end before the whole network; nil if they are complete.
    package private(set) var firstMissing: String?
    private var taps: [String: NodeID] = [:]

    package init() {}

    package mutating func append(_ layer: any Layer, _ inputs: [NodeID] = [], scope: String? = nil) -> NodeID {
        let channels = layer.channels(of: inputs.map { nodes[$0].channels })
        nodes.append(Node(layer: layer, inputs: inputs, channels: channels, scope: scope))
        return nodes.count - 1
    }

    mutating func name(_ node: NodeID, _ tap: String) {
        taps[tap] = node
        tapNames.append(tap)
    }

    /// Replaces a node's layer by one of the same kind with other parameters.
    mutating func replaceLayer(of node: NodeID, by layer: any Layer) {
        let old = nodes[node]
        nodes[node] = Node(layer: layer, inputs: old.inputs, channels: old.channels, scope: old.scope)
    }

    mutating func end(before tensor: String) { firstMissing = tensor }

    /// The node of a tap's name, or nil.
    package func node(named tap: String) -> NodeID? { taps[tap] }

    /// The nodes that `outputs` depend on, in evaluation order.
    package func nodesNeeded(for outputs: [NodeID]) -> [NodeID] {
        var needed = Set<NodeID>(), pending = outputs
        while let node = pending.popLast() {
            if needed.insert(node).inserted { pending += nodes[node].inputs }
        }
        return needed.sorted()
    }

    /// The positions of the cells of every node's output, for an input image of `height` × `width`.
    package func grids(height: Int, width: Int) -> [MapGrid] {
        let picture: MapGrid = (.pixels(height), .pixels(width))
        var grids: [MapGrid] = []
        for node in nodes { grids.append(node.layer.grid(over: node.inputs.map { grids[$0] }, in: picture)) }
        return grids
    }
}
