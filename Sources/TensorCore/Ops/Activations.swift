import CKernels

/// Functions of one number, applied to every element: a network's non-linearities, and what losses are made of.
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
    case exp, log, squareRoot, square, absolute
    /// `1 / x`
    case reciprocal
    /// `max(x, bound)`
    case floored(at: Float)

    /// The kernels' name for the function, and its parameter.
    var function: (ck_function, Float) {
        switch self {
        case .relu: (CK_FUNCTION_RELU, 0)
        case .relu6: (CK_FUNCTION_RELU6, 0)
        case .silu: (CK_FUNCTION_SILU, 0)
        case .sigmoid: (CK_FUNCTION_SIGMOID, 0)
        case .tanh: (CK_FUNCTION_TANH, 0)
        case .hardSwish: (CK_FUNCTION_HARDSWISH, 0)
        case .hardSigmoid: (CK_FUNCTION_HARDSIGMOID, 0)
        case .leakyRelu(let slope): (CK_FUNCTION_LEAKY_RELU, slope)
        case .exp: (CK_FUNCTION_EXP, 0)
        case .log: (CK_FUNCTION_LOG, 0)
        case .squareRoot: (CK_FUNCTION_SQUARE_ROOT, 0)
        case .square: (CK_FUNCTION_SQUARE, 0)
        case .absolute: (CK_FUNCTION_ABSOLUTE, 0)
        case .reciprocal: (CK_FUNCTION_RECIPROCAL, 0)
        case .floored(let bound): (CK_FUNCTION_FLOOR, bound)
        }
    }

    /// The function of every element.
    public func callAsFunction(_ x: Tensor) -> Tensor { derivative(0, x, by: nil) }

    /// The function of every element. It can be differentiated twice.
    public func callAsFunction(_ x: Variable) -> Variable {
        Variable(self(x.value), from: (x, { g, pass in gradient(pass(x), g) }))
    }

    /// `g · f′(x)`: bilinear in `g` and `f′`, so its own gradients are `f′(x)` and `g · f″(x)`.
    private func gradient(_ x: Variable, _ g: Variable) -> Variable {
        Variable(
            derivative(1, x.value, by: g.value), from: (g, { v, pass in gradient(pass(x), v) }),
            (
                x,
                { v, pass in
                    precondition(!pass.createsGraph, "\(self) can be differentiated only twice")
                    return Variable(derivative(2, x.value, by: (v * pass(g)).value))
                }
            ))
    }

    /// The derivative of this order at every element, times `factor`.
    private func derivative(_ order: Int32, _ x: Tensor, by factor: Tensor?) -> Tensor {
        let (function, parameter) = function
        return Tensor(shape: x.shape) { out in
            x.values.withUnsafeBufferPointer { x in
                func run(_ factor: UnsafePointer<Float>?) {
                    Cores.shareElements(x.count) { part in
                        let first = part.lowerBound
                        ck_function_apply(
                            x.baseAddress! + first, factor.map { $0 + first }, part.count, function, parameter, order,
                            out + first)
                    }
                }
                if let factor { factor.values.withUnsafeBufferPointer { run($0.baseAddress) } } else { run(nil) }
            }
        }
    }
}
