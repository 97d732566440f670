import TensorCore
import Testing

/// Every op's gradients against central differences, on odd shapes; the second derivatives too where they are promised.
///
/// The scalar differentiated is `Σ out · weights` with fixed pseudo-random weights, along pseudo-random directions.
@Suite struct FiniteDifferenceTests {
    typealias Op = ([Variable]) -> Variable

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let shapes: [Shape]
        /// 0 < values: for logarithms and roots.
        var positive = false
        var twice = true
        /// Distance of two points of a difference; small near kinks, which the values keep away from.
        var step: Float = 1e-2
        let op: @Sendable ([Variable]) -> Variable
        var testDescription: String { name }
    }

    static let functions: [(String, Pointwise, Bool)] = [
        ("relu", .relu, false), ("relu6", .relu6, false), ("silu", .silu, false), ("sigmoid", .sigmoid, false),
        ("tanh", .tanh, false), ("hard swish", .hardSwish, false), ("hard sigmoid", .hardSigmoid, false),
        ("leaky relu", .leakyRelu(slope: 0.2), false), ("exp", .exp, false), ("log", .log, true),
        ("square root", .squareRoot, true), ("square", .square, false), ("absolute", .absolute, false),
        ("reciprocal", .reciprocal, true), ("floored", .floored(at: 0.05), false),
    ]

    static let cases: [Case] =
        functions.map { name, function, positive in
            Case(name: name, shapes: [[3, 5]], positive: positive, step: 2e-3) { function($0[0]) }
        } + [
            Case(name: "add, a channel repeated", shapes: [[2, 3, 2, 5], [5]]) { $0[0] + $0[1] },
            Case(name: "subtract", shapes: [[3, 4], [3, 4]]) { $0[0] - $0[1] },
            Case(name: "multiply", shapes: [[3, 4], [3, 4]]) { $0[0] * $0[1] },
            Case(name: "multiply by an image's channels", shapes: [[2, 3, 5, 4], [2, 1, 1, 4]]) { $0[0] * $0[1] },
            Case(name: "multiply by an image's positions", shapes: [[2, 3, 5, 4], [2, 3, 5, 1]]) { $0[1] * $0[0] },
            Case(name: "multiply by an image's number", shapes: [[3, 3, 5, 2], [3, 1, 1, 1]]) { $0[0] * $0[1] },
            Case(name: "multiply by a scalar", shapes: [[3, 5], []]) { $0[0] * $0[1] },
            Case(name: "divide", shapes: [[3, 5], [3, 5]], positive: true, step: 2e-3) { $0[0] / $0[1] },
            Case(name: "affine", shapes: [[7]]) { $0[0].affine(scale: -1.5, shift: 2) },
            Case(name: "sum over positions", shapes: [[2, 3, 5, 4]]) { sum($0[0], axes: 1...2) },
            Case(name: "mean over channels", shapes: [[2, 3, 5, 4]]) { mean($0[0], axes: -1...(-1)) },
            Case(name: "mean of all", shapes: [[2, 7]]) { mean($0[0]) },
            Case(name: "dot", shapes: [[3, 7], [3, 7]]) { dot($0[0], $0[1]) },
            Case(name: "concatenate", shapes: [[2, 3], [2, 5], [2, 1]]) { concatenateChannels($0) },
            Case(name: "slice", shapes: [[3, 7]]) { $0[0].slice(channels: 2..<5) },
            Case(name: "reshape", shapes: [[3, 4]]) { $0[0].reshaped([2, 6]) },
            Case(name: "matmul", shapes: [[3, 5], [5, 4]]) { matmul($0[0], $0[1]) },
            Case(name: "matmul, both transposed", shapes: [[5, 3], [4, 5]]) {
                matmul($0[0], $0[1], transposing: (true, true))
            },
            Case(name: "linear", shapes: [[3, 5], [4, 5], [4]]) { linear($0[0], $0[1], bias: $0[2]) },
            Case(name: "softmax", shapes: [[3, 5]]) { softmax($0[0]) },
            Case(name: "log softmax", shapes: [[3, 5]]) { logSoftmax($0[0]) },
            Case(name: "cross entropy", shapes: [[3, 5]]) { crossEntropy($0[0], targets: [4, 0, 2]) },
            Case(name: "binary cross entropy", shapes: [[5]], positive: true, step: 1e-3) {
                binaryCrossEntropy($0[0].affine(scale: 0.3, shift: 0.1), targets: [0, 1, 1, 0, 1])
            },
            Case(name: "mean squared error", shapes: [[3, 5], [3, 5]]) { mseLoss($0[0], $0[1]) },
            Case(name: "mean absolute error", shapes: [[3, 5], [3, 5]], step: 1e-3) { l1Loss($0[0], $0[1]) },
            Case(name: "cosine similarity", shapes: [[2, 3, 7], [2, 3, 7]]) { cosineSimilarity($0[0], $0[1]) },
            Case(name: "convolution 1×1", shapes: [[2, 3, 5, 4], [1, 1, 4, 3]]) { conv2d($0[0], $0[1]) },
            Case(name: "convolution 3×2, stride 2, uneven padding", shapes: [[2, 6, 5, 3], [3, 2, 3, 4], [4]]) {
                conv2d($0[0], $0[1], bias: $0[2], stride: 2, padding: Padding(top: 0, left: 1, bottom: 2, right: 0))
            },
            Case(name: "convolution, groups and dilation", shapes: [[1, 7, 6, 4], [3, 3, 2, 6]]) {
                conv2d($0[0], $0[1], dilation: 2, padding: .all(2), groups: 2)
            },
            Case(name: "depthwise 3×3", shapes: [[2, 5, 7, 19], [3, 3, 1, 19]]) {
                conv2d($0[0], $0[1], padding: .all(1), groups: 19)
            },
            Case(name: "depthwise 5×5, stride 2, uneven padding", shapes: [[2, 7, 6, 5], [5, 5, 1, 5]]) {
                conv2d($0[0], $0[1], stride: 2, padding: Padding(top: 1, left: 2, bottom: 2, right: 2), groups: 5)
            },
            Case(name: "depthwise 2×3, dilated", shapes: [[1, 7, 8, 3], [2, 3, 1, 3]]) {
                conv2d($0[0], $0[1], dilation: 2, padding: .all(1), groups: 3)
            },
            Case(name: "transposed convolution", shapes: [[2, 3, 4, 5], [4, 4, 3, 5], [3]]) {
                convTranspose2d($0[0], $0[1], bias: $0[2], stride: 2, padding: 1)
            },
            Case(name: "batch norm, frozen, silu", shapes: [[2, 3, 3, 4], [4], [4]], twice: false) {
                batchNorm(
                    $0[0], weight: $0[1], bias: $0[2], mean: numbers([4], seed: 7),
                    variance: numbers([4], seed: 8, positive: true), epsilon: 1e-3, activation: .silu)
            },
            Case(name: "batch norm, training", shapes: [[3, 3, 5, 4], [4], [4]], twice: false) {
                batchNormTraining($0[0], weight: $0[1], bias: $0[2], epsilon: 1e-3).out
            },
            Case(name: "batch norm, training, tanh", shapes: [[3, 3, 5, 4], [4], [4]], twice: false) {
                batchNormTraining($0[0], weight: $0[1], bias: $0[2], epsilon: 1e-3, activation: .tanh).out
            },
            Case(name: "average pool", shapes: [[2, 6, 5, 3]]) {
                averagePool($0[0], Window(3, 3, stride: 2, padding: .all(1)))
            },
            Case(name: "max pool", shapes: [[2, 6, 5, 3]], twice: false, step: 1e-3) {
                maxPool($0[0], Window(3, 3, stride: 2, padding: .all(1)))
            },
            Case(name: "global average pool", shapes: [[2, 3, 5, 4]]) { globalAveragePool($0[0]) },
            Case(name: "resampling, corners aligned", shapes: [[2, 3, 5, 2]]) {
                upsampleBilinear($0[0], height: 7, width: 4, corners: .aligned)
            },
            Case(name: "resampling, half pixels", shapes: [[2, 3, 5, 2]]) {
                upsampleBilinear($0[0], height: 7, width: 4, corners: .halfPixel)
            },
            Case(name: "grid sampling", shapes: [[2, 5, 7, 3], [2, 3, 5, 2]], twice: false, step: 1e-3) {
                gridSample($0[0], $0[1])
            },
            Case(
                name: "grid sampling, one map for all", shapes: [[1, 5, 7, 3], [3, 1, 5, 2]], twice: false, step: 1e-3
            ) {
                gridSample($0[0], $0[1])
            },
        ]

    @Test(arguments: cases)
    func a_gradient_is_the_limit_of_differences(_ example: Case) {
        let values = example.shapes.enumerated().map { numbers($1, seed: $0, positive: example.positive) }
        check(values, step: example.step, example.name) { example.op($0) }
    }

    /// The gradient, along a fixed direction, is itself a function to differentiate.
    @Test(arguments: cases.filter(\.twice))
    func a_second_derivative_is_the_limit_of_differences(_ example: Case) {
        let values = example.shapes.enumerated().map { numbers($1, seed: $0, positive: example.positive) }
        check(values, step: example.step, example.name) { inputs in
            let out = example.op(inputs), weights = Variable(numbers(out.shape, seed: 99))
            // Squaring gives linear ops a second derivative, and carries the first into the result of all others.
            let loss = sum(out * weights) + sum(out * out)
            let firsts = gradients(of: loss, withRespectTo: inputs, createGraph: true)
            return firsts.enumerated().reduce(Variable(Tensor(zeros: []))) { total, first in
                total + sum(first.element * Variable(numbers(first.element.shape, seed: 50 + first.offset)))
            }
        }
    }

    /// Compares the gradients of `Σ op · weights` along random directions with central differences.
    private func check(_ values: [Tensor], step: Float, _ name: String, _ op: Op) {
        func scalar(_ inputs: [Tensor]) -> Double {
            let out = op(inputs.map { Variable(tracking: $0) }).value, weights = numbers(out.shape, seed: 42)
            return zip(out.values, weights.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        let inputs = values.map { Variable(tracking: $0) }
        let out = op(inputs)
        let slopes = gradients(of: out, weightedBy: numbers(out.shape, seed: 42), withRespectTo: inputs)
        for (index, slope) in slopes.enumerated() {
            #expect(slope.shape == values[index].shape)
            for trial in 0..<4 {
                let direction = numbers(slope.shape, seed: 1000 + 10 * index + trial)
                func moved(_ by: Float) -> [Tensor] {
                    var moved = values
                    moved[index].values = zip(values[index].values, direction.values).map { $0 + by * $1 }
                    return moved
                }
                let difference = (scalar(moved(step)) - scalar(moved(-step))) / (2 * Double(step))
                let exact = zip(slope.value.values, direction.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
                let scale = max(1, abs(exact), abs(scalar(values)))
                #expect(abs(difference - exact) <= 1e-2 * scale, "\(name), input \(index): \(difference) for \(exact)")
            }
        }
    }
}

/// Fixed pseudo-random numbers of magnitudes 0.1…1.1, of both signs unless `positive`: none lies near a kink at 0.
func numbers(_ shape: Shape, seed: Int, positive: Bool = false) -> Tensor {
    var state = UInt64(truncatingIfNeeded: seed + 1) &* 0x9e37_79b9_7f4a_7c15
    let values = (0..<shape.count).map { _ -> Float in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let magnitude = 0.1 + Float(state >> 40) / Float(1 << 24)
        return positive || state & (1 << 35) == 0 ? magnitude : -magnitude
    }
    return Tensor(shape: shape, values: values)
}
