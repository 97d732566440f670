/// A tensor in a computation that may be differentiated.
///
/// A variable is *tracked* when it depends on one made with `init(tracking:)`; operations on tracked variables record
/// how their gradients flow back, operations on constants record nothing. A variable is a value: it holds its tensor
/// and a reference to its place in the record, and the record holds of the tensors only those that some gradient needs.
///
/// Not `Sendable`: one computation belongs to one thread; the operations spread their own work over the cores.
package struct Variable {
    package let value: Tensor
    let node: Node?

    /// A constant, without gradients.
    package init(_ value: Tensor) { self.init(value, node: nil) }

    /// A leaf that gradients can be taken with respect to: a parameter, or an input whose gradient is wanted.
    package init(tracking value: Tensor) { self.init(value, node: Node(inputs: [], flow: .leaf)) }

    init(_ value: Tensor, node: Node?) {
        self.value = value
        self.node = node
    }

    package var shape: Shape { value.shape }
    package var isTracked: Bool { node != nil }
    /// The same value as a constant.
    package var detached: Variable { Variable(value) }

    /// The value of a variable of one element.
    package var scalar: Float {
        precondition(value.values.count == 1, "expected a scalar, got \(shape)")
        return value.values[0]
    }
}

/// One run of gradients backwards through the record. A gradient's formula reads the values it kept through it:
/// `pass(x)` is `x` with its history where the gradient itself is to be differentiated, and a constant otherwise, so
/// that the same formula serves both and a first-order run records nothing.
package struct Pass {
    /// Whether the gradients are themselves recorded.
    package let createsGraph: Bool

    package func callAsFunction(_ kept: Variable) -> Variable { createsGraph ? kept : kept.detached }
}

/// One tracked variable's node in the record.
final class Node {
    /// The flow of gradients from an operation's output to its inputs.
    enum Flow {
        case leaf
        /// One formula for each input, run only where that input's gradient is wanted.
        case separate([Partial])
        /// One fused kernel for all inputs together. It cannot be differentiated again.
        case fused((Tensor) -> [Tensor?])
        /// Already run; what it kept is freed.
        case spent
    }

    typealias Partial = (_ gradient: Variable, _ pass: Pass) -> Variable

    /// The tracked inputs, in the order of the flow's formulas.
    let inputs: [Node]
    var flow: Flow
    /// Longest way to a leaf: a node's inputs are all shallower than it.
    let depth: Int

    init(inputs: [Node], flow: Flow) {
        self.inputs = inputs
        self.flow = flow
        depth = 1 + (inputs.map(\.depth).max() ?? 0)
    }
}

extension Variable {
    /// The result of an operation, with a formula for the gradient of each input. The formulas of constants are dropped
    /// together with everything they would have kept alive.
    ///
    /// A formula is written with operations on variables: that is what makes it differentiable in its turn.
    init(_ value: Tensor, from inputs: (Variable, Node.Partial)...) {
        self.init(value, from: inputs)
    }

    init(_ value: Tensor, from inputs: [(Variable, Node.Partial)]) {
        let tracked = inputs.compactMap { input, partial in input.node.map { ($0, partial) } }
        let flow = Node.Flow.separate(tracked.map { $0.1 })
        self.init(value, node: tracked.isEmpty ? nil : Node(inputs: tracked.map { $0.0 }, flow: flow))
    }

    /// The result of an operation whose gradients come from one fused kernel, a tensor (or nil where it is not tracked)
    /// for each of `inputs`.
    init(_ value: Tensor, fusedFrom inputs: [Variable], _ gradients: @escaping (Tensor) -> [Tensor?]) {
        let nodes = inputs.map(\.node)
        guard nodes.contains(where: { $0 != nil }) else {
            self.init(value)
            return
        }
        let flow = Node.Flow.fused { gradient in
            zip(nodes, gradients(gradient)).compactMap { node, gradient in node == nil ? nil : .some(gradient) }
        }
        self.init(value, node: Node(inputs: nodes.compactMap(\.self), flow: flow))
    }
}
