import TensorCore

/// Element-wise non-linearities that networks here use.
public enum Activation: String, Sendable, Codable {
    case relu, relu6, silu, sigmoid, hardSwish, hardSigmoid, tanh
    /// Of slope 0.2, as DCGAN has it.
    case leakyRelu
}

/// Where a convolution's padding comes from.
public enum PaddingStyle: Sendable, Equatable {
    /// Half the kernel on every side (torchvision, timm).
    case symmetric
    /// TensorFlow's "SAME": as much as the output size `ceil(input / stride)` needs, the odd one at the bottom and right.
    case same
    /// So many rows and columns on every side.
    case fixed(Int)
}

/// One network, written once: the op-by-op forward (`NetworkGraph.forward`) and the fused `InferencePlan` both read it.
///
/// Nodes are in evaluation order; a node's inputs come before it. Nodes that a user may tap carry a name.
public struct NetworkGraph: Sendable {
    public typealias NodeID = Int

    public struct Node: Sendable {
        public let operation: Operation
        public let inputs: [NodeID]
        /// Channels of the node's output.
        public let channels: Int
        /// The parameter scope it was read from, as the weights name it (`features.3.0.block.1.0`), or nil.
        public let scope: String?
        /// How the weights that training changes lie in a file: a convolution's, a grid's.
        public let layout: ParameterLayout?
    }

    public enum Operation: Sendable {
        /// What the network reads: a normalised picture, or feature maps.
        case input
        case convolution(Convolution)
        /// The transpose of a convolution: what makes maps larger again.
        case transposedConvolution(TransposedConvolution)
        /// Batch norm in evaluation mode: per channel `x · scale + shift`.
        case batchNorm(BatchNorm)
        case activation(Activation)
        /// Sum of two maps of one shape.
        case add
        /// `[H, W, C] → [1, 1, C]`
        case globalAveragePool
        /// The first input, each channel times the second input's value for it.
        case scaleChannels
        /// Windows of `kernel`², `padding` on every side counted as −∞.
        case maxPool(kernel: Int, stride: Int, padding: Int)
        /// Means of `kernel`² windows that lie `kernel` apart.
        case averagePool(kernel: Int)
        /// Maps of one size, behind each other along the channels.
        case concatenate
        /// Samples a learnt grid `[h, w, channels]` at coordinates `[H, W, 2]`, each (x, y) in −1…1 from edge to edge:
        /// bilinear, zeros outside, corners not aligned.
        case gridSample(Tensor)
        /// `[1, 1, height · width · C] → [height, width, C]`: the same values.
        case unfold(height: Int, width: Int)
    }

    public struct Convolution: Sendable {
        /// `[kernel, kernel, input channels / groups, output channels]`
        public let weights: Tensor
        public let bias: [Float]?
        public let stride: Int
        public let padding: PaddingStyle
        public let groups: Int

        package init(
            weights: Tensor, bias: [Float]? = nil, stride: Int = 1, padding: PaddingStyle = .symmetric, groups: Int = 1
        ) {
            (self.weights, self.bias) = (weights, bias)
            (self.stride, self.padding, self.groups) = (stride, padding, groups)
        }

        public var kernel: Int { weights.shape[0] }
        public var outputChannels: Int { weights.shape[3] }
        /// One filter per channel.
        public var isDepthwise: Bool { groups > 1 && weights.shape[2] == 1 && groups == outputChannels }

        /// Rows or columns of padding before the first and in all, for an input of `size`.
        public func padding(for size: Int) -> (before: Int, total: Int) {
            switch padding {
            case .symmetric: return (kernel / 2, kernel / 2 * 2)
            case .same:
                let outputs = (size + stride - 1) / stride
                let total = max(0, (outputs - 1) * stride + kernel - size)
                return (total / 2, total)
            case .fixed(let side): return (side, 2 * side)
            }
        }
    }

    public struct TransposedConvolution: Sendable {
        /// `[kernel, kernel, output channels, input channels]`
        public let weights: Tensor
        public let bias: [Float]?
        public let stride: Int
        /// Rows and columns that the output loses on every side.
        public let padding: Int

        public var kernel: Int { weights.shape[0] }
        public var outputChannels: Int { weights.shape[2] }
        /// Rows or columns of the output for an input of `size`.
        public func outputSize(for size: Int) -> Int { (size - 1) * stride - 2 * padding + kernel }
    }

    public struct BatchNorm: Sendable {
        public let weight, bias, runningMean, runningVariance: [Float]
        public let epsilon: Float

        /// What evaluation mode multiplies by and adds.
        public var folded: (scale: [Float], shift: [Float]) {
            let scale = zip(weight, runningVariance).map { $0 / ($1 + epsilon).squareRoot() }
            let shift = bias.indices.map { bias[$0] - runningMean[$0] * scale[$0] }
            return (scale, shift)
        }
    }

    public private(set) var nodes: [Node] = []
    /// Tap names in network order.
    public private(set) var tapNames: [String] = []
    /// The first tensor that the weights did not have, when they ended before the whole network; nil for all of it.
    public private(set) var firstMissing: String?
    private var taps: [String: NodeID] = [:]

    public init() {}

    package mutating func append(
        _ operation: Operation, _ inputs: [NodeID], channels: Int, scope: String? = nil, layout: ParameterLayout? = nil
    ) -> NodeID {
        nodes.append(Node(operation: operation, inputs: inputs, channels: channels, scope: scope, layout: layout))
        return nodes.count - 1
    }

    mutating func name(_ node: NodeID, _ tap: String) {
        taps[tap] = node
        tapNames.append(tap)
    }

    /// Puts another operation of the same kind in a node's place: one with other parameters.
    mutating func replaceOperation(of node: NodeID, by operation: Operation) {
        let old = nodes[node]
        nodes[node] = Node(
            operation: operation, inputs: old.inputs, channels: old.channels, scope: old.scope, layout: old.layout)
    }

    mutating func end(before tensor: String) { firstMissing = tensor }

    /// The node behind a tap's name, or nil.
    public func node(named tap: String) -> NodeID? { taps[tap] }

    /// The nodes that `outputs` depend on, in evaluation order.
    public func nodesNeeded(for outputs: [NodeID]) -> [NodeID] {
        var needed = Set<NodeID>(), pending = outputs
        while let node = pending.popLast() {
            if needed.insert(node).inserted { pending += nodes[node].inputs }
        }
        return needed.sorted()
    }
}
