import CKernels

/// A function of one number, applied to every element: a network's non-linearities, and the parts of losses.
///
/// The kernels' table of functions (`ck_function.h`) is the one list: a new function is a line there, its value and
/// derivatives in the kernels, and a name here.
package struct Pointwise: Sendable, Equatable, CustomStringConvertible {
    /// The kernels' code of the function.
    package let function: ck_function
    /// The leaky ReLU's slope, the floor's bound.
    package let parameter: Float

    private init(_ function: ck_function, _ parameter: Float = 0) {
        (self.function, self.parameter) = (function, parameter)
    }

    package static let relu = Pointwise(CK_FUNCTION_RELU)
    /// `min(max(x, 0), 6)`
    package static let relu6 = Pointwise(CK_FUNCTION_RELU6)
    /// `x · σ(x)`
    package static let silu = Pointwise(CK_FUNCTION_SILU)
    package static let sigmoid = Pointwise(CK_FUNCTION_SIGMOID)
    package static let tanh = Pointwise(CK_FUNCTION_TANH)
    /// `x · min(max(x + 3, 0), 6) / 6` (Howard et al. 2019)
    package static let hardSwish = Pointwise(CK_FUNCTION_HARDSWISH)
    /// `min(max(x + 3, 0), 6) / 6`
    package static let hardSigmoid = Pointwise(CK_FUNCTION_HARDSIGMOID)
    /// `x` above 0, `slope · x` below
    package static func leakyRelu(slope: Float) -> Pointwise { Pointwise(CK_FUNCTION_LEAKY_RELU, slope) }
    package static let exp = Pointwise(CK_FUNCTION_EXP)
    package static let log = Pointwise(CK_FUNCTION_LOG)
    package static let squareRoot = Pointwise(CK_FUNCTION_SQUARE_ROOT)
    package static let square = Pointwise(CK_FUNCTION_SQUARE)
    package static let absolute = Pointwise(CK_FUNCTION_ABSOLUTE)
    /// `1 / x`
    package static let reciprocal = Pointwise(CK_FUNCTION_RECIPROCAL)
    /// `max(x, bound)`
    package static func floored(at bound: Float) -> Pointwise { Pointwise(CK_FUNCTION_FLOOR, bound) }

    package var description: String { "function \(function.rawValue) of ck_function.h, parameter \(parameter)" }

    /// The function of every element. It can be differentiated twice.
    package func callAsFunction(_ x: Variable) -> Variable {
        Variable(derivative(0, x.value, by: nil), from: (x, { g, pass in gradient(pass(x), g) }))
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
        Tensor(shape: x.shape) { out in
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
