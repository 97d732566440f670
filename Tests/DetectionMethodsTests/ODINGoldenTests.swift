import DetectionMethods
import Foundation
import NeuralNets
import TensorCore
import TestSupport
import Testing

/// ODIN on a DenseNet-BC against its authors' code.
@Suite struct ODINGoldenTests {
    @Test func answers_agree_with_the_authors() throws {
        let golden = try GoldenFile("odin"), config = try golden.json("config")
        func number(_ key: String) throws -> Double {
            try #require((config[key] as? Double) ?? (config[key] as? Int).map(Double.init))
        }
        func bytes(_ key: String) throws -> [Float] {
            try #require(config[key] as? [NSNumber]).map { Float($0.doubleValue / 255) }
        }
        let inputs = try golden.pictures("input"), size = try #require(inputs.first).shape
        let classes = Int(try number("classes")), depth = Int(try number("depth"))
        let model = try ODINModel(
            classifier: .denseNet(
                depth: depth, growth: Int(try number("growth_rate")), reduction: try number("reduction")),
            products: (0..<classes).map { "class \($0)" }, inputWidth: size[2], inputHeight: size[1],
            normalization: Normalization(mean: try bytes("mean"), std: try bytes("std")),
            temperature: try number("temperature"), epsilon: Float(try number("magnitude")),
            parameters: try golden.tensors(under: "weights."), backbone: nil)
        let detector = try ODINDetector(model: model, threads: 2)
        let (logits, baseline, odin) = (
            try golden.rows("logits"), try golden.tensor("score.baseline").values,
            try golden.tensor("score.odin").values
        )
        let gradients = try golden.pictures("input_gradient"), perturbed = try golden.pictures("perturbed_input")
        for count in [logits.count, baseline.count, odin.count, gradients.count, perturbed.count] {
            try #require(count == inputs.count)
        }
        for (picture, input) in inputs.enumerated() {
            let answer = detector.answer(input), count = input.values.count
            #expect(worstDifference(answer.logits, logits[picture]).difference <= 1e-4)
            // The authors' scores are higher for known images.
            #expect(abs(1 - answer.baseline - Double(baseline[picture])) <= 1e-4)
            #expect(abs(1 - answer.score - Double(odin[picture])) <= 1e-6)
            // The golden gradient may be a batch's mean: its direction and its own length are what counts.
            let want = gradients[picture].values, got = answer.inputGradient.values
            func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
            let cosine = dot(got, want) / (dot(got, got) * dot(want, want)).squareRoot()
            #expect(cosine > 1 - 1e-6, "image \(picture): cosine \(cosine)")
            let scale = Float((dot(got, got) / dot(want, want)).squareRoot())
            let isMean = abs(scale - Float(inputs.count)) < 1e-3 * scale
            #expect(isMean || abs(scale - 1) < 1e-3, "image \(picture): \(scale) times as long")
            // A gradient that is all but zero may round to the other sign.
            let wrong = zip(answer.perturbed.values, perturbed[picture].values).count { abs($0 - $1) > 1e-4 }
            #expect(wrong <= count / 1000, "\(wrong) of \(count) values are perturbed otherwise")
        }
    }
}
