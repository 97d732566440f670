import CKernels

/// Decides which layers have no step of their own: batch norms are folded into the convolution before them, shortcuts
/// and activations fused into its epilogue, squeeze-excitation gates into the weights behind them.
///
/// A layer is fused only if the one before it has no other reader and no tap is between them.
struct Fusion {
    typealias NodeID = NetworkGraph.NodeID

    private let nodes: [NetworkGraph.Node]
    private let roles: [NodeID: FusionRole]
    private let outputs: Set<NodeID>
    private var readers: [NodeID: [NodeID]] = [:]
    private var absorbed = Set<NodeID>()
    private var gates: [NodeID: DeferredGate] = [:]

    /// - Parameter roles: of the nodes that are compiled.
    init(_ graph: NetworkGraph, roles: [NodeID: FusionRole], outputs: Set<NodeID>) {
        (nodes, self.roles, self.outputs) = (graph.nodes, roles, outputs)
        for node in roles.keys.sorted() {
            for input in nodes[node].inputs { readers[input, default: []].append(node) }
        }
    }

    /// Whether another node's step computes this one's value.
    func isAbsorbed(_ node: NodeID) -> Bool { absorbed.contains(node) }

    /// The layers behind convolution `id` that its step takes over.
    /// - Parameters:
    ///   - allowsResidual: whether the step can add a shortcut.
    ///   - isComputed: of a node, whether an earlier step computes it.
    mutating func takeTail(
        of id: NodeID, bias: [Float]?, allowsResidual: Bool, isComputed: (NodeID) -> Bool
    ) -> FusedTail {
        var tail = FusedTail(last: id, bias: bias)
        while tail.activation == CK_FUNCTION_IDENTITY, let next = onlyReader(of: tail.last) {
            switch roles[next] {
            case .affine(let scale, let shift) where tail.scale == nil && tail.residual == nil:
                tail.bias = shift.indices.map { shift[$0] + (tail.bias?[$0] ?? 0) * scale[$0] }
                tail.scale = scale
            case .sum where allowsResidual && tail.residual == nil:
                let inputs = nodes[next].inputs, other = inputs[0] == tail.last ? inputs[1] : inputs[0]
                guard other != tail.last, isComputed(other) else { return tail }
                tail.residual = other
            case .function(let function): tail.activation = function.function
            default: return tail
            }
            absorbed.insert(next)
            tail.last = next
        }
        return tail
    }

    /// The activation that alone reads node `id`, taken over by its step; else none.
    mutating func takeFunction(behind id: NodeID) -> (activation: ck_function, last: NodeID) {
        guard let next = onlyReader(of: id), case .function(let function) = roles[next] else {
            return (CK_FUNCTION_IDENTITY, id)
        }
        absorbed.insert(next)
        return (function.function, next)
    }

    /// Leaves a gate at node `id` to the 1×1 convolution that alone reads it.
    /// - Returns: whether there is one.
    mutating func leave(_ gate: DeferredGate, at id: NodeID) -> Bool {
        guard let next = onlyReader(of: id), case .pointwise = roles[next] else { return false }
        gates[id] = gate
        return true
    }

    /// The gate that was left at node `id`.
    mutating func takeGate(at id: NodeID) -> DeferredGate? { gates.removeValue(forKey: id) }

    /// Whether a depthwise convolution alone reads node `id`.
    func isReadByDepthwise(_ id: NodeID) -> Bool {
        guard let next = onlyReader(of: id), case .depthwise = roles[next] else { return false }
        return true
    }

    /// Whether a dense 1×1 convolution of stride 1 alone reads node `id`.
    func isReadByPointwise(_ id: NodeID) -> Bool {
        guard let next = onlyReader(of: id), case .pointwise(stride: 1) = roles[next] else { return false }
        return true
    }

    /// The only node that reads `id`; nil if there are several, or a tap.
    private func onlyReader(of id: NodeID) -> NodeID? {
        guard !outputs.contains(id), let readers = readers[id], readers.count == 1 else { return nil }
        return readers[0]
    }
}
