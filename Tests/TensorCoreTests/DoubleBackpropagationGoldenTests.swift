import Foundation
import NeuralNets
import TensorCore
import TestSupport
import Testing

/// Training through a gradient, against the authors' code: an autoencoder whose loss contains the cosine between this
/// step's gradient and the mean of earlier ones (Kwon et al., ECCV 2020, section 3.2).
@Suite struct DoubleBackpropagationGoldenTests {
    private static let layers = ["down.0", "down.2", "down.4", "down.6", "up.0", "up.2", "up.4", "up.6"]
    private static let names = layers.flatMap { ["\($0).weight", "\($0).bias"] }

    @Test func the_first_steps_through_a_gradient_agree_with_the_authors() throws {
        let golden = try GoldenFile("gradcon"), config = try golden.json("config")
        let share = Float(try #require(config["grad_loss_weight_train"] as? Double))
        let x = Variable(try golden.tensor("input").channelsLast())
        var values = try Self.names.map { Self.layout(try golden.tensor("weights.\($0)")) }
        var optimizer = Adam([ParameterGroup(values.indices, learningRate: 1e-3)])
        let decoder = Self.names.indices.filter { Self.names[$0].hasPrefix("up") && Self.names[$0].hasSuffix("weight") }
        var means = decoder.map { Tensor(zeros: values[$0].shape) }
        let losses = try golden.rows("train.losses")
        for (step, wanted) in losses.enumerated() {
            var slopes: [Tensor]
            do {
                let parameters = values.map { Variable(tracking: $0) }
                let error = mseLoss(Self.reconstruction(x, parameters), x)
                var loss = error
                if step > 0 {
                    let inner = gradients(of: error, withRespectTo: decoder.map { parameters[$0] }, createGraph: true)
                    let cosines = zip(inner, means).map { slope, mean in
                        let flat = Shape([1, mean.values.count])
                        return cosineSimilarity(slope.reshaped(flat), Variable(mean.reshaped(flat)))
                    }
                    loss = error + sum(concatenateChannels(cosines)) * (-share / Float(cosines.count))
                }
                for got in [loss.scalar, error.scalar] {
                    #expect(wanted.contains { abs($0 - got) <= 1e-4 }, "step \(step): \(got) is not among \(wanted)")
                }
                slopes = gradients(of: loss, withRespectTo: parameters).map(\.value)
            }
            if step == 1 { try compare(slopes, golden, "train.step1.grad.") }
            for (place, index) in decoder.enumerated() {
                means[place].scale(by: Float(step))
                means[place].add(slopes[index])
                means[place].scale(by: 1 / Float(step + 1))
            }
            optimizer.step(&values, gradients: slopes, rateFactor: 1)
        }
        try compare(values, golden, "train.after\(losses.count).")
        for (place, mean) in means.enumerated() {
            let want = Self.layout(try golden.tensor("train.ref_grad.\(place)"))
            #expect(worstDifference(mean.values, want.values).difference <= 1e-3)
        }
    }

    private func compare(_ got: [Tensor], _ golden: GoldenFile, _ prefix: String) throws {
        for (name, got) in zip(Self.names, got) {
            let want = Self.layout(try golden.tensor(prefix + name))
            let worst = worstDifference(got.values, want.values)
            #expect(worst.difference <= 1e-3, "\(prefix)\(name): worst \(worst)")
            // Gradients are small: they must also agree in direction and length.
            var difference = got
            for index in want.values.indices { difference.values[index] -= want.values[index] }
            #expect(difference.squaredNorm <= 1e-4 * want.squaredNorm, "\(prefix)\(name) as a whole")
        }
    }

    /// Four convolutions of stride 2 and four transposed ones. As published, they pad 2 and take off 2, 1, 2, 1; sides
    /// that are multiples of 16 are halved and doubled exactly, by paddings of 1.
    private static func reconstruction(_ input: Variable, _ parameters: [Variable]) -> Variable {
        let halves = input.shape[1].isMultiple(of: 16) && input.shape[2].isMultiple(of: 16)
        let (padding, taken) = halves ? (1, [1, 1, 1, 1]) : (2, [2, 1, 2, 1])
        var x = input
        for layer in 0..<4 {
            x = conv2d(x, parameters[2 * layer], bias: parameters[2 * layer + 1], stride: 2, padding: .all(padding))
            x = Pointwise.relu(x)
        }
        for (layer, padding) in taken.enumerated() {
            let (weight, bias) = (parameters[8 + 2 * layer], parameters[9 + 2 * layer])
            x = convTranspose2d(x, weight, bias: bias, stride: 2, padding: padding)
            x = layer < 3 ? Pointwise.relu(x) : Pointwise.sigmoid(x)
        }
        return x
    }

    /// `[O, I, k, k]` and, transposed, `[I, O, k, k]` alike become `[k, k, …]` with the first axis last.
    private static func layout(_ tensor: Tensor) -> Tensor { tensor.shape.rank == 4 ? tensor.kernelLast() : tensor }
}
