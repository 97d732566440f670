import TensorCore

extension NetworkGraph {
    /// Evaluates the network op by op, in evaluation mode: what the fused plan must agree with, and the order in which
    /// training runs forward.
    ///
    /// - Parameter input: `[N, H, W, C]`: what the input node reads.
    /// - Returns: the outputs of `nodes`, in their order.
    public func forward(_ input: Tensor, nodes wanted: [NodeID]) -> [Tensor] {
        var values: [NodeID: Tensor] = [:]
        for id in nodesNeeded(for: wanted) {
            let node = nodes[id]
            let inputs = node.inputs.compactMap { values[$0] }
            switch node.operation {
            case .input: values[id] = input
            case .convolution(let convolution): values[id] = convolution.forward(inputs[0])
            case .transposedConvolution(let convolution): values[id] = convolution.forward(inputs[0])
            case .batchNorm(let norm):
                let (scale, shift) = norm.folded
                values[id] = scaleShift(inputs[0], scale: scale, shift: shift)
            case .activation(let kind): values[id] = kind.pointwise(inputs[0])
            case .add:
                var sum = inputs[0]
                for index in sum.values.indices { sum.values[index] += inputs[1].values[index] }
                values[id] = sum
            case .globalAveragePool:
                values[id] = globalAveragePool(inputs[0]).reshaped([inputs[0].shape[0], 1, 1, node.channels])
            case .scaleChannels:
                var out = inputs[0]
                let perImage = out.values.count / out.shape[0]
                for index in out.values.indices {
                    out.values[index] *= inputs[1].values[index / perImage * node.channels + index % node.channels]
                }
                values[id] = out
            case .maxPool(let kernel, let stride, let padding):
                values[id] = maxPool(inputs[0], Window(kernel, kernel, stride: stride, padding: .all(padding)))
            case .averagePool(let kernel):
                values[id] = averagePool(inputs[0], Window(kernel, kernel, stride: kernel))
            case .concatenate: values[id] = concatenateChannels(inputs)
            case .gridSample(let grid):
                values[id] = TensorCore.gridSample(grid.reshaped(Shape([1] + grid.shape.dimensions)), inputs[0])
            case .unfold(let height, let width):
                values[id] = inputs[0].reshaped([inputs[0].shape[0], height, width, node.channels])
            }
        }
        return wanted.compactMap { values[$0] }
    }
}

extension NetworkGraph.Convolution {
    func forward(_ x: Tensor) -> Tensor {
        conv2d(
            x, weights, bias: bias.map { Tensor(shape: [$0.count], values: $0) }, stride: stride,
            padding: padding(of: x.shape), groups: groups)
    }

    /// The padding of an input `[N, H, W, C]`.
    func padding(of shape: Shape) -> Padding {
        let vertical = padding(for: shape[1]), horizontal = padding(for: shape[2])
        return Padding(
            top: vertical.before, left: horizontal.before, bottom: vertical.total - vertical.before,
            right: horizontal.total - horizontal.before)
    }
}

extension NetworkGraph.TransposedConvolution {
    func forward(_ x: Tensor) -> Tensor {
        convTranspose2d(
            x, weights, bias: bias.map { Tensor(shape: [$0.count], values: $0) }, stride: stride, padding: padding)
    }
}

extension Activation {
    var pointwise: Pointwise {
        switch self {
        case .relu: .relu
        case .relu6: .relu6
        case .silu: .silu
        case .sigmoid: .sigmoid
        case .hardSwish: .hardSwish
        case .hardSigmoid: .hardSigmoid
        case .tanh: .tanh
        case .leakyRelu: .leakyRelu(slope: 0.2)
        }
    }
}
