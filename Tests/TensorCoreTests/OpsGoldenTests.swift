import Foundation
import TensorCore
import TestSupport
import Testing

/// Every case of the golden file, forward and backward. A case that is not known fails: the file decides what is
/// tested.
@Suite struct OpsGoldenTests {
    static let cases: [String] = {
        guard let golden = try? GoldenFile("ops") else { return [] }
        return Set(golden.names.compactMap { $0.split(separator: "/").first.map(String.init) }).sorted()
    }()

    @Test func the_file_holds_cases() { #expect(Self.cases.count >= 30) }

    @Test(arguments: cases)
    func an_op_agrees_with_the_framework(_ name: String) throws {
        let golden = try GoldenFile("ops")
        let attributes = try #require(try golden.json("attributes")[name] as? [String: Any])
        let op = OpCase(name: name, golden: golden, attributes: attributes)
        let got = try #require(try op.run(), "no op is known for case \(name)")
        let want = try op.likeOutput("out"), weights = try op.likeOutput("grad_out")
        try #require(got.shape == want.shape && weights.shape == want.shape)
        let worst = worstDifference(got.value.values, want.values)
        #expect(worst.difference <= 1e-4, "\(name): worst \(worst)")

        let wanted = golden.names.filter { $0.hasPrefix("\(name)/grad.") }.map { String($0.dropFirst(name.count + 6)) }
        #expect(!wanted.isEmpty)
        let inputs = try wanted.map { try #require(op.tracked[$0], "\(name) has no input \($0)") }
        let results = gradients(of: got, weightedBy: weights, withRespectTo: inputs.map(\.variable))
        for ((key, input), result) in zip(zip(wanted, inputs), results) {
            let want = input.layout(try golden.tensor("\(name)/grad.\(key)"))
            #expect(result.shape == want.shape)
            let worst = worstDifference(result.value.values, want.values)
            #expect(worst.difference <= 1e-3, "\(name): gradient of \(key), worst \(worst)")
        }
    }
}

/// One golden case, with the conversion from the frameworks' layout at this edge.
final class OpCase {
    typealias Layout = (Tensor) -> Tensor

    let name: String
    let golden: GoldenFile
    let attributes: [String: Any]
    /// The inputs used, by their names in the file.
    private(set) var tracked: [String: (variable: Variable, layout: Layout)] = [:]

    init(name: String, golden: GoldenFile, attributes: [String: Any]) {
        (self.name, self.golden, self.attributes) = (name, golden, attributes)
    }

    /// The tensor of the output's shape under this key, in our layout.
    func likeOutput(_ key: String) throws -> Tensor {
        let tensor = try golden.tensor("\(name)/\(key)")
        return tensor.shape.rank == 4 ? tensor.channelsLast() : tensor
    }

    private func input(_ key: String, _ layout: @escaping Layout = { $0 }) throws -> Variable {
        let variable = Variable(tracking: layout(try golden.tensor("\(name)/in.\(key)")))
        tracked[key] = (variable, layout)
        return variable
    }
    private func picture(_ key: String) throws -> Variable { try input(key) { $0.channelsLast() } }
    private func bias() throws -> Variable? { golden.has("\(name)/in.b") ? try input("b") : nil }
    private func number(_ key: String, _ fallback: Int) -> Int { attributes[key] as? Int ?? fallback }

    func run() throws -> Variable? {
        switch name {
        case _ where name.hasPrefix("conv_transpose2d"):
            return convTranspose2d(
                try picture("x"), try input("w") { $0.transposed([2, 3, 1, 0]) }, bias: try bias(),
                stride: number("s", 1), padding: number("p", 0))
        case _ where name.hasPrefix("conv2d"):
            return conv2d(
                try picture("x"), try input("w") { $0.kernelLast() }, bias: try bias(), stride: number("s", 1),
                dilation: number("d", 1), padding: .all(number("p", 0)), groups: number("g", 1))
        case "batch_norm_train":
            return batchNormTraining(
                try picture("x"), weight: try input("w"), bias: try input("b"), epsilon: epsilon
            ).out
        case "batch_norm_eval":
            let variance = try input("v").value
            return batchNorm(
                try picture("x"), weight: try input("w"), bias: try input("b"), mean: try input("m").value,
                variance: Tensor(shape: variance.shape, values: variance.values.map { abs($0) + 0.5 }),
                epsilon: epsilon)
        case "linear": return linear(try input("x"), try input("w"), bias: try bias())
        case "silu": return Pointwise.silu(try input("x"))
        case "relu": return Pointwise.relu(try input("x"))
        case "relu6": return Pointwise.relu6(try input("x"))
        case "sigmoid": return Pointwise.sigmoid(try input("x"))
        case "tanh": return Pointwise.tanh(try input("x"))
        case "hardswish_official": return Pointwise.hardSwish(try input("x"))
        case "hardsigmoid_official": return Pointwise.hardSigmoid(try input("x"))
        case _ where name.hasPrefix("leaky_relu_"):
            return Pointwise.leakyRelu(slope: Float(name.dropFirst("leaky_relu_".count)) ?? .nan)(try input("x"))
        case _ where name.hasPrefix("upsample_bilinear"):
            let x = try picture("x"), size = try golden.shape("\(name)/out")
            let aligned = attributes["align_corners"] as? Bool ?? false
            return upsampleBilinear(x, height: size[2], width: size[3], corners: aligned ? .aligned : .halfPixel)
        case "grid_sample_bilinear_zeros": return gridSample(try picture("x"), try input("grid"))
        case _ where name.hasPrefix("avg_pool2d"): return averagePool(try picture("x"), window)
        case _ where name.hasPrefix("max_pool2d"): return maxPool(try picture("x"), window)
        case "global_avg_pool": return globalAveragePool(try picture("x"))
        case "cosine_similarity_dim1": return cosineSimilarity(try picture("a"), try picture("b"))
        case "mse_loss": return mseLoss(try input("a"), try input("b"))
        case "l1_loss": return l1Loss(try input("a"), try input("b"))
        case "bce_loss": return binaryCrossEntropy(try input("p"), targets: targets.map { Float($0) })
        case "cross_entropy": return crossEntropy(try input("x"), targets: targets)
        default: return nil
        }
    }

    private var epsilon: Float { Float(attributes["eps"] as? Double ?? .nan) }
    private var targets: [Int] { attributes["target"] as? [Int] ?? [] }
    private var window: Window {
        let kernel = number("kernel", 0)
        return Window(kernel, kernel, stride: number("stride", 1), padding: .all(number("padding", 0)))
    }
}
