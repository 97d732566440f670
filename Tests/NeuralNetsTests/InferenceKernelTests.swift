import CKernelReferences
import CKernels
import Foundation
import NeuralNets
import TensorCore
import TestSupport
import Testing

/// The fast kernels against their plain references, on shapes that fit no tile, for every instruction set this machine
/// has.
@Suite struct InferenceKernelTests {
    @Test func the_widest_kernels_agree_with_the_plain_ones() {
        #expect(KernelTrial.worstGemm() <= 2e-5)
        #expect(KernelTrial.worstDepthwise() <= 2e-5)
        #expect(KernelTrial.worstElementwise() <= 2e-6)
    }

    // The limit is the process's: each narrower set is tried in a process of its own.
    @Test func kernels_of_eight_floats_agree_with_the_plain_ones() async {
        await #expect(processExitsWith: .success) { exit(KernelTrial.all(limit: 8) ? 0 : 1) }
    }

    @Test func kernels_of_four_floats_agree_with_the_plain_ones() async {
        await #expect(processExitsWith: .success) { exit(KernelTrial.all(limit: 4) ? 0 : 1) }
    }

    // The last is large enough for strips of several rows, with a row to spare.
    @Test(arguments: [(33, 47), (64, 50), (262, 300)])
    func the_fused_plan_agrees_with_the_network_op_by_op(_ height: Int, _ width: Int) throws {
        let networks: [(BackboneArchitecture, [String], any ParameterSource)] = [
            (
                .efficientnetB0, ["features.2", "features.4"],
                SameParameters(prefixes: (0...4).map { "features.\($0)." })
            ),
            (.efficientnetB1, ["features.3"], FormulaWeights(prefixes: (0...3).map { "features.\($0)." })),
            (
                .mobilenetV1, ["blocks.1.1", "blocks.2.1"],
                FormulaWeights(prefixes: ["conv_stem", "bn1", "blocks.0", "blocks.1", "blocks.2"])
            ),
            (
                .resnet18, ["stem", "layer1", "layer2"],
                FormulaWeights(prefixes: ["conv1", "bn1", "layer1", "layer2"])
            ),
        ]
        for (architecture, taps, parameters) in networks {
            let graph = try architecture.graph(parameters)
            let nodes = try taps.map { try #require(graph.node(named: $0)) }
            let plan = try InferencePlan(graph: graph, height: height, width: width, outputs: nodes, threads: 2)
            let picture = Trial.values(height * width * 3, seed: 5)
            _ = plan.input.update(fromContentsOf: picture)
            plan.run()
            let want = graph.forward(Tensor(shape: [1, height, width, 3], values: picture), nodes: nodes)
            for ((tap, output), want) in zip(zip(taps, plan.outputs), want) {
                #expect(want.shape == [1, output.height, output.width, output.channels])
                let worst = worstDifference(Array(output.values), want.values)
                #expect(worst.difference < 1e-4, "\(architecture) \(tap): \(worst)")
            }
        }
    }
}

/// Noise weights under TensorFlow's padding and epsilon.
private struct SameParameters: ParameterSource {
    private let noise: FormulaWeights
    init(prefixes: [String]) { noise = FormulaWeights(prefixes: prefixes) }
    let padding = PaddingStyle.same
    let batchNormEpsilon: Float = 1e-3
    func contains(_ name: String) -> Bool { noise.contains(name) }
    func tensor(_ name: String, shape: [Int]) throws -> [Float] { try noise.tensor(name, shape: shape) }
}

private enum Trial {
    /// −1…1
    static func values(_ count: Int, seed: UInt64) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) / Float(1 << 23) - 1
        }
    }
}

enum KernelTrial {
    static func all(limit: Int32) -> Bool {
        ck_inference_limit_vector_length(limit)
        return ck_inference_vector_length() <= limit && worstGemm() <= 2e-5 && worstDepthwise() <= 2e-5
            && worstElementwise() <= 2e-6
    }

    private static let slack = Int(CK_SLACK)

    /// Rows × depth × columns that leave remainders everywhere; with bias, residual and every activation.
    static func worstGemm() -> Float {
        var worst: Float = 0
        let shapes = [
            (1, 7, 5), (3, 16, 16), (13, 33, 19), (17, 5, 48), (9, 64, 49), (23, 20, 100), (8, 1, 1), (50, 27, 33),
        ]
        for (index, shape) in shapes.enumerated() {
            for activation in 0...8 {
                let (m, k, n) = shape
                let a = Trial.values(m * k + slack, seed: 1), w = Trial.values(k * n, seed: 2)
                let bias = Trial.values(n, seed: 3), residual = Trial.values(m * n + slack, seed: 4)
                var packed = [Float](repeating: 0, count: ck_gemm_packed_count(Int32(k), Int32(n)))
                ck_gemm_pack(w, Int32(k), Int32(n), &packed)
                var fast = [Float](repeating: -9, count: m * n), plain = fast
                a.withUnsafeBufferPointer { a in
                    bias.withUnsafeBufferPointer { bias in
                        residual.withUnsafeBufferPointer { residual in
                            packed.withUnsafeBufferPointer { packed in
                                var gemm = ck_gemm()
                                (gemm.a, gemm.lda, gemm.taps, gemm.c, gemm.n) = (
                                    a.baseAddress, k, 1, Int32(k), Int32(n)
                                )
                                (gemm.packed, gemm.bias) = (packed.baseAddress, bias.baseAddress)
                                if index.isMultiple(of: 2) { (gemm.residual, gemm.ldr) = (residual.baseAddress, n) }
                                (gemm.ldo, gemm.activation) = (n, Int32(activation))
                                fast.withUnsafeMutableBufferPointer { out in
                                    gemm.out = out.baseAddress
                                    // In two pieces, as two threads would.
                                    ck_gemm_run(&gemm, 0, Int32(m / 2))
                                    ck_gemm_run(&gemm, Int32(m / 2), Int32(m))
                                }
                                plain.withUnsafeMutableBufferPointer { out in
                                    gemm.out = out.baseAddress
                                    ck_gemm_reference(&gemm, w, 0, Int32(m))
                                }
                            }
                        }
                    }
                }
                worst = max(worst, worstDifference(fast, plain).difference)
            }
        }
        return worst
    }

    static func worstDepthwise() -> Float {
        var worst: Float = 0
        for (h, w, c, kernel, stride) in [
            (9, 11, 20, 3, 1), (12, 7, 33, 5, 2), (5, 5, 16, 5, 1), (3, 4, 7, 3, 2), (6, 9, 12, 7, 1), (2, 2, 40, 5, 1),
            (5, 7, 19, 1, 1), (4, 6, 16, 1, 2), (6, 9, 21, 2, 2),
            // Rows of every block's width, edges on both sides, and rows enough for several strips.
            (14, 14, 24, 3, 1), (7, 7, 40, 5, 1), (4, 29, 35, 3, 1), (5, 30, 16, 5, 2), (9, 23, 18, 3, 2),
            (40, 60, 16, 3, 1), (7, 9, 10, 3, 3),
        ] {
            let pad = kernel / 2, oh = (h + 2 * pad - kernel) / stride + 1, ow = (w + 2 * pad - kernel) / stride + 1
            let input = Trial.values(h * w * c + slack, seed: 6),
                weights = Trial.values(kernel * kernel * c + slack, seed: 7)
            let bias = Trial.values(c + slack, seed: 8)
            var fast = [Float](repeating: -9, count: oh * ow * c), plain = fast
            var fastSums = [Float](repeating: 0.5, count: c + slack), plainSums = fastSums
            input.withUnsafeBufferPointer { input in
                weights.withUnsafeBufferPointer { weights in
                    bias.withUnsafeBufferPointer { bias in
                        var d = ck_depthwise()
                        (d.in, d.h, d.w, d.c) = (input.baseAddress, Int32(h), Int32(w), Int32(c))
                        (d.kernel, d.stride, d.top, d.left) = (Int32(kernel), Int32(stride), Int32(pad), Int32(pad))
                        (d.oh, d.ow, d.weights, d.bias) = (Int32(oh), Int32(ow), weights.baseAddress, bias.baseAddress)
                        d.activation = Int32(CK_FUNCTION_SILU.rawValue)
                        fast.withUnsafeMutableBufferPointer { out in
                            d.out = out.baseAddress
                            ck_depthwise_run(&d, 0, Int32(oh), &fastSums)
                        }
                        plain.withUnsafeMutableBufferPointer { out in
                            d.out = out.baseAddress
                            ck_depthwise_reference(&d, 0, Int32(oh), &plainSums)
                        }
                    }
                }
            }
            worst = max(worst, worstDifference(fast, plain).difference)
            worst = max(worst, worstDifference(Array(fastSums.prefix(c)), Array(plainSums.prefix(c))).difference)
        }
        return worst
    }

    /// Activations over their whole range, small and huge arguments included.
    static func worstElementwise() -> Float {
        var x: [Float] = (-400...400).map { Float($0) * 0.05 }
        x += [-1e-4, 1e-4, -0.02, 0.03, -90, 90, -1e30, 1e30]
        let count = x.count
        x += [Float](repeating: 0, count: slack)
        func six(_ v: Double) -> Double { min(max(v, 0), 6) }
        let functions: [(ck_function, (Double) -> Double)] = [
            (CK_FUNCTION_SILU, { $0 / (1 + exp(-$0)) }), (CK_FUNCTION_SIGMOID, { 1 / (1 + exp(-$0)) }),
            (CK_FUNCTION_TANH, { tanh($0) }),
            (CK_FUNCTION_HARDSWISH, { $0 * six($0 + 3) / 6 }), (CK_FUNCTION_HARDSIGMOID, { six($0 + 3) / 6 }),
            (CK_FUNCTION_RELU6, { six($0) }), (CK_FUNCTION_LEAKY_RELU, { $0 > 0 ? $0 : 0.2 * $0 }),
        ]
        var worst: Float = 0
        for (code, function) in functions {
            var out = [Float](repeating: 0, count: count)
            ck_add_activate(x, nil, count, Int32(code.rawValue), &out)
            let want = x.prefix(count).map { Float(function(Double($0))) }
            worst = max(worst, worstDifference(out, want).difference)
        }
        return worst
    }
}
