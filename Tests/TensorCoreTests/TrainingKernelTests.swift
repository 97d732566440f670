import CKernelReferences
import CKernels
import TensorCore
import TestSupport
import Testing

/// The operations on sizes that bring every path of the fast kernels into play, against the plain references.
@Suite struct TrainingKernelTests {
    static let functions: [(Pointwise, ck_function, Float)] = [
        (.relu, CK_FUNCTION_RELU, 0), (.relu6, CK_FUNCTION_RELU6, 0), (.silu, CK_FUNCTION_SILU, 0),
        (.sigmoid, CK_FUNCTION_SIGMOID, 0), (.tanh, CK_FUNCTION_TANH, 0), (.hardSwish, CK_FUNCTION_HARDSWISH, 0),
        (.hardSigmoid, CK_FUNCTION_HARDSIGMOID, 0), (.leakyRelu(slope: 0.1), CK_FUNCTION_LEAKY_RELU, 0.1),
        (.exp, CK_FUNCTION_EXP, 0), (.log, CK_FUNCTION_LOG, 0), (.squareRoot, CK_FUNCTION_SQUARE_ROOT, 0),
        (.square, CK_FUNCTION_SQUARE, 0), (.absolute, CK_FUNCTION_ABSOLUTE, 0),
        (.reciprocal, CK_FUNCTION_RECIPROCAL, 0), (.floored(at: 0.3), CK_FUNCTION_FLOOR, 0.3),
    ]

    @Test(arguments: 0..<functions.count, 0...2)
    func functions_and_derivatives_agree_with_the_library(_ index: Int, _ order: Int) {
        let (_, function, parameter) = Self.functions[index]
        let forPositives: [ck_function] = [CK_FUNCTION_LOG, CK_FUNCTION_SQUARE_ROOT, CK_FUNCTION_RECIPROCAL]
        let (start, step): (Float, Float) = forPositives.contains(function) ? (0.05, 0.01) : (-12.525, 0.025)
        let x = (0..<1003).map { start + step * Float($0) }
        let by = numbers([x.count], seed: 3).values
        var fast = [Float](repeating: 0, count: x.count), plain = fast
        ck_function_apply(x, by, x.count, function, parameter, Int32(order), &fast)
        ck_function_reference(x, by, x.count, function, parameter, Int32(order), &plain)
        let worst = worstDifference(fast, plain)
        #expect(worst.difference <= 2e-6, "order \(order): worst \(worst) at \(x[max(0, worst.index)])")
    }

    @Test func what_is_no_number_stays_none() {
        // A comparison decides the others, and a NaN never passes one.
        for function: Pointwise in [.silu, .sigmoid, .tanh, .hardSwish, .exp, .log, .squareRoot, .square, .reciprocal] {
            #expect(function(Variable(Tensor(shape: [1], values: [.nan]))).value.values[0].isNaN, "\(function)")
        }
    }

    struct Convolution: Sendable {
        let input: Shape, weights: Shape
        var stride = 1, dilation = 1, groups = 1
        var padding = Padding()
    }

    static let convolutions = [
        // Tall and wide enough for the packed product, with a tail of rows and of columns.
        Convolution(input: [2, 17, 19, 37], weights: [1, 1, 37, 53]),
        Convolution(input: [3, 4, 5, 70], weights: [1, 1, 70, 200]),
        Convolution(input: [3, 11, 9, 8], weights: [3, 3, 8, 24], padding: .all(1)),
        Convolution(input: [1, 40, 41, 3], weights: [3, 3, 3, 16], stride: 2, padding: Padding(bottom: 1, right: 1)),
        Convolution(input: [2, 9, 8, 12], weights: [3, 2, 4, 9], dilation: 2, groups: 3, padding: .all(2)),
        Convolution(input: [2, 13, 14, 67], weights: [3, 3, 1, 67], groups: 67, padding: .all(1)),
        Convolution(input: [3, 13, 15, 33], weights: [5, 5, 1, 33], stride: 2, groups: 33, padding: .all(2)),
        Convolution(input: [2, 9, 9, 5], weights: [4, 4, 1, 5], dilation: 2, groups: 5, padding: .all(3)),
        Convolution(input: [1, 2, 3, 18], weights: [5, 5, 1, 18], groups: 18, padding: .all(2)),
        Convolution(input: [1, 7, 7, 6], weights: [2, 2, 1, 6], stride: 3, groups: 6),
    ]

    @Test(arguments: convolutions)
    func a_convolution_and_its_gradients_agree_with_the_reference(_ example: Convolution) {
        let x = numbers(example.input, seed: 1), w = numbers(example.weights, seed: 2)
        let variables = [Variable(tracking: x), Variable(tracking: w)]
        let out = conv2d(
            variables[0], variables[1], stride: example.stride, dilation: example.dilation, padding: example.padding,
            groups: example.groups)
        let upstream = numbers(out.shape, seed: 3)
        let got = gradients(of: out, weightedBy: upstream, withRespectTo: variables)

        var geometry = ck_window(
            n: Int32(x.shape[0]), h: Int32(x.shape[1]), w: Int32(x.shape[2]), c: Int32(x.shape[3]),
            kernel_h: Int32(w.shape[0]), kernel_w: Int32(w.shape[1]), stride: Int32(example.stride),
            dilation: Int32(example.dilation), top: Int32(example.padding.top), left: Int32(example.padding.left),
            oh: Int32(out.shape[1]), ow: Int32(out.shape[2]))
        var want = Tensor(zeros: out.shape), dx = Tensor(zeros: x.shape), dw = Tensor(zeros: w.shape)
        let (outputs, groups) = (Int32(w.shape[3]), Int32(example.groups))
        ck_convolution_reference(x.values, &geometry, w.values, nil, outputs, groups, &want.values)
        ck_convolution_gradients_reference(
            x.values, upstream.values, &geometry, w.values, outputs, groups, &dx.values, &dw.values)
        #expect(worstDifference(out.value.values, want.values).difference <= 1e-4)
        #expect(worstDifference(got[0].value.values, dx.values).difference <= 1e-4)
        #expect(worstDifference(got[1].value.values, dw.values).difference <= 1e-4)
    }

    @Test(arguments: [0, 2, 5, 6, 9], [true, false])
    func a_batch_norm_agrees_with_the_reference(_ function: Int, _ trains: Bool) {
        // 900 rows: several blocks, the last one shorter; a mean far from zero, where careless sums cancel.
        let (rows, columns) = (900, 37)
        var x = numbers([2, 10, 45, columns], seed: 1)
        for index in x.values.indices { x.values[index] += Float(index % columns) }
        let vectors = (0..<4).map { numbers([columns], seed: 10 + $0, positive: $0 == 3) }
        let isPlain = function == 9, (activation, code, parameter) = Self.functions[function]
        let variables = [x, vectors[0], vectors[1]].map { Variable(tracking: $0) }
        let out =
            trains
            ? batchNormTraining(
                variables[0], weight: variables[1], bias: variables[2], epsilon: 1e-3,
                activation: isPlain ? nil : activation
            ).out
            : batchNorm(
                variables[0], weight: variables[1], bias: variables[2], mean: vectors[2], variance: vectors[3],
                epsilon: 1e-3, activation: isPlain ? nil : activation)
        let upstream = numbers(x.shape, seed: 5)
        let got = gradients(of: out, weightedBy: upstream, withRespectTo: variables).map(\.value.values)
        var output = [Float](repeating: 0, count: x.values.count), dx = output
        var dweight = [Float](repeating: 0, count: columns), dbias = dweight
        ck_norm_reference(
            x.values, upstream.values, vectors[0].values, vectors[1].values, vectors[2].values, vectors[3].values, 1e-3,
            trains ? 1 : 0, rows, Int32(columns), isPlain ? CK_FUNCTION_IDENTITY : code, parameter, &output, &dx,
            &dweight, &dbias)
        // Float32 numbers near 36 carry 4e-6 each; frozen statistics spread that over values in the thousands.
        for (got, want) in zip([out.value.values] + got, [output, dx, dweight, dbias]) {
            let worst = worstDifference(got, want)
            #expect(worst.difference <= 2e-3, "worst \(worst)")
        }
    }

    @Test(arguments: [1, 3], [Shape([2, 3]), [5, 1]])
    func grid_sampling_agrees_with_the_reference(_ maps: Int, _ places: Shape) {
        let map = numbers([maps, 5, 4, 70], seed: 1)
        var grid = numbers([3, places[0], places[1], 2], seed: 2)
        // Inside, across the edges, and outside altogether.
        for index in grid.values.indices { grid.values[index] *= index % 7 == 0 ? 3 : 1.05 }
        let variables = [Variable(tracking: map), Variable(tracking: grid)]
        let out = gridSample(variables[0], variables[1]), upstream = numbers(out.shape, seed: 3)
        let got = gradients(of: out, weightedBy: upstream, withRespectTo: variables)
        var sizes = ck_grid_sampling(
            n: 3, h: 5, w: 4, c: 70, places: Int32(places.count), step: maps == 1 ? 0 : 5 * 4 * 70)
        var want = Tensor(zeros: out.shape), dmap = Tensor(zeros: map.shape), dgrid = Tensor(zeros: grid.shape)
        ck_grid_sample_reference(
            map.values, &sizes, grid.values, upstream.values, &want.values, &dmap.values, &dgrid.values)
        #expect(worstDifference(out.value.values, want.values).difference <= 1e-4)
        #expect(worstDifference(got[0].value.values, dmap.values).difference <= 1e-4)
        #expect(worstDifference(got[1].value.values, dgrid.values).difference <= 1e-4)
    }

    @Test func sums_of_many_numbers_keep_their_digits() {
        // A float32 running sum of these would stop growing at 2^24.
        let count = 1 << 25
        let ones = Variable(Tensor(repeating: 1, shape: [count]))
        #expect(sum(ones).scalar == Float(count))
        #expect(dot(ones, ones).scalar == Float(count))
    }
}
