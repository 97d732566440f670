/// 2-D convolution (cross-correlation, as every framework means it). It can be differentiated any number of times.
///
/// - Parameters:
///   - x: `[N, H, W, C]`
///   - weights: `[kernel height, kernel width, C / groups, O]`
///   - bias: `[O]`, or nil
/// - Returns: `[N, H', W', O]`
package func conv2d(
    _ x: Variable, _ weights: Variable, bias: Variable? = nil, stride: Int = 1, dilation: Int = 1,
    padding: Padding = Padding(), groups: Int = 1
) -> Variable {
    let form = ConvolutionForm(x.shape, weights.shape, stride, dilation, padding, groups)
    let out = form.output(x, weights)
    return bias.map { out + $0 } ?? out
}

/// 2-D transposed convolution: the gradient of a convolution with respect to its input. It can be differentiated any
/// number of times.
///
/// - Parameters:
///   - x: `[N, H, W, C]`
///   - weights: `[kernel height, kernel width, O, C]`: the layout of the convolution it is the transpose of
///   - bias: `[O]`, or nil
/// - Returns: `[N, (H−1)·stride − 2·padding + kernel, …, O]`
package func convTranspose2d(
    _ x: Variable, _ weights: Variable, bias: Variable? = nil, stride: Int = 1, padding: Int = 0
) -> Variable {
    let out = ConvolutionForm(transposing: x.shape, weights.shape, stride, padding).inputGradient(x, weights)
    return bias.map { out + $0 } ?? out
}

/// One convolution's geometry and the trilinear form `Σ conv(x, w) · g` that it defines. The three maps below are that
/// form's derivatives by `g`, `x` and `w`; being linear in each operand, the gradients of each are the two others.
struct ConvolutionForm {
    let window: Window
    let groups: Int
    /// `[N, H, W, C]`, `[kernel height, kernel width, C / groups, O]`, `[N, H', W', O]`
    let inputShape, weightsShape, outputShape: Shape

    init(_ input: Shape, _ weights: Shape, _ stride: Int, _ dilation: Int, _ padding: Padding, _ groups: Int) {
        precondition(input.rank == 4 && weights.rank == 4, "\(input) by \(weights)")
        precondition(input[3] == weights[2] * groups && weights[3].isMultiple(of: groups), "\(input) by \(weights)")
        window = Window(weights[0], weights[1], stride: stride, dilation: dilation, padding: padding)
        let size = window.outputSize(of: input)
        (self.groups, inputShape, weightsShape) = (groups, input, weights)
        outputShape = [input[0], size.height, size.width, weights[3]]
    }

    /// The convolution whose output has the shape `input`.
    init(transposing input: Shape, _ weights: Shape, _ stride: Int, _ padding: Int) {
        precondition(input.rank == 4 && weights.rank == 4 && weights[3] == input[3], "\(input) by \(weights)")
        let height = (input[1] - 1) * stride - 2 * padding + weights[0]
        let width = (input[2] - 1) * stride - 2 * padding + weights[1]
        self.init([input[0], height, width, weights[2]], weights, stride, 1, .all(padding), 1)
        precondition(outputShape == input, "\(input) by \(weights), transposed")
    }

    /// The convolution of `x` with `w`.
    func output(_ x: Variable, _ w: Variable) -> Variable {
        Variable(
            output(x.value, w.value), from: (x, { g, pass in inputGradient(g, pass(w)) }),
            (w, { g, pass in weightsGradient(pass(x), g) }))
    }

    /// The gradient with respect to the input, from the output's gradient `g`: a transposed convolution.
    func inputGradient(_ g: Variable, _ w: Variable) -> Variable {
        Variable(
            inputGradient(g.value, w.value), from: (g, { v, pass in output(v, pass(w)) }),
            (w, { v, pass in weightsGradient(v, pass(g)) }))
    }

    /// The gradient with respect to the weights, from the output's gradient `g`.
    func weightsGradient(_ x: Variable, _ g: Variable) -> Variable {
        Variable(
            weightsGradient(x.value, g.value), from: (x, { v, pass in inputGradient(pass(g), v) }),
            (g, { v, pass in output(pass(x), v) }))
    }
}
