import CKernels
import TensorCore

/// A layer's role for the one before it: whether the step of that one can do its work.
package enum FusionRole {
    /// None: it has its own step.
    case none
    /// A factor and a summand for each channel, which go into a convolution's weights and bias.
    case affine(scale: [Float], shift: [Float])
    /// A sum of two maps: the other one is added by a convolution's epilogue.
    case sum
    /// A function of every element, applied by the step before it.
    case function(Pointwise)
    /// A dense 1×1 convolution: a gate of channels before it goes into its weights, and with stride 1 it follows a
    /// depthwise convolution strip by strip.
    case pointwise(stride: Int)
    /// A depthwise convolution: it follows a pointwise one strip by strip.
    case depthwise
}

/// The layers behind a convolution that its step takes over, and the node whose value the step then computes.
struct FusedTail {
    var last: NetworkGraph.NodeID
    var scale: [Float]?
    var bias: [Float]?
    /// The shortcut that is added.
    var residual: NetworkGraph.NodeID?
    var activation = CK_FUNCTION_IDENTITY

    /// A convolution's weights, `[…, output channels]`, with the batch norm's factors.
    func scaled(_ weights: [Float]) -> [Float] {
        guard let scale else { return weights }
        let columns = scale.count
        var values = weights
        for index in values.indices { values[index] *= scale[index % columns] }
        return values
    }
}

/// A map whose channels are multiplied by a gate in the weights of the convolution that reads it.
struct DeferredGate {
    let map, gate: NetworkGraph.NodeID
}

extension Pointwise {
    /// Whether the steps' kernels have it: all activations, of the leaky ones that of slope 0.2.
    var isFused: Bool {
        function.rawValue <= CK_FUNCTION_LEAKY_RELU.rawValue
            && (function != CK_FUNCTION_LEAKY_RELU || parameter == 0.2)
    }
}
