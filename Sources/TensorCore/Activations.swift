import CKernels

/// Element-wise non-linearities.
public enum Pointwise: Sendable, Equatable {
    case relu
    /// `min(max(x, 0), 6)`
    case relu6
    /// `x · σ(x)`
    case silu
    case sigmoid
    case tanh
    /// `x · min(max(x + 3, 0), 6) / 6` (Howard et al. 2019)
    case hardSwish
    /// `min(max(x + 3, 0), 6) / 6`
    case hardSigmoid
    /// `x` above 0, `slope · x` below
    case leakyRelu(slope: Float)

    private var code: (ck_pointwise, Float) {
        switch self {
        case .relu: (CK_POINTWISE_RELU, 0)
        case .relu6: (CK_POINTWISE_RELU6, 0)
        case .silu: (CK_POINTWISE_SILU, 0)
        case .sigmoid: (CK_POINTWISE_SIGMOID, 0)
        case .tanh: (CK_POINTWISE_TANH, 0)
        case .hardSwish: (CK_POINTWISE_HARDSWISH, 0)
        case .hardSigmoid: (CK_POINTWISE_HARDSIGMOID, 0)
        case .leakyRelu(let slope): (CK_POINTWISE_LEAKY_RELU, slope)
        }
    }

    /// The function of every element.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        var out = Tensor(zeros: x.shape)
        ck_pointwise_forward(x.values, x.values.count, code.0, code.1, &out.values)
        return out
    }
}
