import NeuralNets
import TensorCore

extension NetworkGraph {
    /// Evaluates the network layer by layer, in evaluation mode: what the fused plan and training must agree with.
    ///
    /// It reads the layers' data and applies the operations itself, by no path that the layers take.
    ///
    /// - Parameter input: `[N, H, W, C]`: what the input node reads.
    /// - Returns: the outputs of `nodes`, in their order.
    package func forward(_ input: Tensor, nodes wanted: [NodeID]) -> [Tensor] {
        var values: [NodeID: Variable] = [:]
        for id in nodesNeeded(for: wanted) {
            let inputs = nodes[id].inputs.compactMap { values[$0] }
            values[id] = inputs.isEmpty ? Variable(input) : Self.apply(nodes[id].layer, to: inputs)
        }
        return wanted.compactMap { values[$0]?.value }
    }

    private static func apply(_ layer: any Layer, to inputs: [Variable]) -> Variable {
        let x = inputs[0]
        switch layer {
        case let layer as Convolution:
            return conv2d(
                x, Variable(layer.weights), bias: layer.bias.map(vector), stride: layer.stride,
                padding: layer.padding(of: x.shape), groups: layer.groups)
        case let layer as TransposedConvolution:
            return convTranspose2d(
                x, Variable(layer.weights), bias: layer.bias.map(vector), stride: layer.stride, padding: layer.padding)
        case let layer as BatchNorm: return x * vector(layer.folded.scale) + vector(layer.folded.shift)
        case let layer as ActivationLayer: return layer.function.map { $0(x) } ?? x
        case is Addition: return x + inputs[1]
        case is GlobalAveragePool: return globalAveragePool(x).reshaped([x.shape[0], 1, 1, x.shape[3]])
        case is ChannelScaling: return x * inputs[1]
        case let layer as MaxPool:
            let window = Window(layer.kernel, layer.kernel, stride: layer.stride, padding: .all(layer.padding))
            return maxPool(x, window)
        case let layer as AveragePool:
            return averagePool(x, Window(layer.kernel, layer.kernel, stride: layer.kernel))
        case is Concatenation: return concatenateChannels(inputs)
        case let layer as GridSample:
            return gridSample(Variable(layer.grid.reshaped(Shape([1] + layer.grid.shape.dimensions))), x)
        case let layer as Unfolding:
            return x.reshaped([x.shape[0], layer.height, layer.width, x.shape[3] / (layer.height * layer.width)])
        default: preconditionFailure("the reference has no \(type(of: layer))")
        }
    }

    private static func vector(_ values: [Float]) -> Variable {
        Variable(Tensor(shape: [values.count], values: values))
    }
}
