import Foundation
import TensorCore
import TestSupport
import Testing

/// Every case of the golden file, forward. A case that is not known fails: the file decides what is tested.
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
        let got = try #require(try op.forward(), "no op is known for case \(name)")
        var want = try golden.tensor("\(name)/out")
        if want.shape.rank == 4 { want = want.channelsLast() }
        #expect(got.shape == want.shape)
        let worst = worstDifference(got.values, want.values)
        #expect(worst.difference <= 1e-4, "\(name): worst \(worst)")
    }
}

/// One golden case, with the conversion from the frameworks' layout at this edge.
struct OpCase {
    let name: String
    let golden: GoldenFile
    let attributes: [String: Any]

    private func input(_ key: String) throws -> Tensor { try golden.tensor("\(name)/in.\(key)") }
    private func picture(_ key: String) throws -> Tensor { try input(key).channelsLast() }
    private func bias() throws -> Tensor? { golden.has("\(name)/in.b") ? try input("b") : nil }
    private func number(_ key: String, _ fallback: Int) -> Int { attributes[key] as? Int ?? fallback }
    private func scalar(_ value: Float) -> Tensor { Tensor(shape: [], values: [value]) }

    func forward() throws -> Tensor? {
        switch name {
        case _ where name.hasPrefix("conv_transpose2d"):
            let weights = try input("w").transposed([2, 3, 1, 0])
            return convTranspose2d(
                try picture("x"), weights, bias: try bias(), stride: number("s", 1), padding: number("p", 0))
        case _ where name.hasPrefix("conv2d"):
            return conv2d(
                try picture("x"), try input("w").kernelLast(), bias: try bias(), stride: number("s", 1),
                dilation: number("d", 1), padding: .all(number("p", 0)), groups: number("g", 1))
        case "batch_norm_train":
            return batchNormTraining(
                try picture("x"), weight: try input("w"), bias: try input("b"), epsilon: epsilon
            ).out
        case "batch_norm_eval":
            var variance = try input("v")
            variance.values = variance.values.map { abs($0) + 0.5 }
            return batchNorm(
                try picture("x"), weight: try input("w"), bias: try input("b"), mean: try input("m"),
                variance: variance,
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
        case "mse_loss": return scalar(mseLoss(try input("a"), try input("b")))
        case "l1_loss": return scalar(l1Loss(try input("a"), try input("b")))
        case "bce_loss": return scalar(binaryCrossEntropy(try input("p"), targets: targets.map { Float($0) }))
        case "cross_entropy": return scalar(crossEntropy(try input("x"), targets: targets))
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
