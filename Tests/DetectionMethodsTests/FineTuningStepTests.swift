import DetectionCore
import DetectionMethods
import Foundation
import NeuralNets
import SeededRandom
import TensorCore
import TestSupport
import Testing

/// One update of a backbone towards fixed Gaussians.
@Suite struct FineTuningStepTests {
    /// A backbone with few levels and weights of its own, and Gaussians somewhere near its features.
    private func fixture(_ architecture: BackboneArchitecture, _ levels: [String], seed: UInt64 = 3) throws -> (
        Backbone, [GaussianModel.Level]
    ) {
        let tensors = try BackboneFixture.tensors(architecture, source: FormulaWeights())
        let backbone = try Backbone(
            file: WeightFile(tensors: Dictionary(uniqueKeysWithValues: tensors)), name: "noise",
            architecture: architecture)
        var generator = SplitMix64(seed: seed)
        let gaussians = try levels.map { name in
            let node = try #require(backbone.graph.node(named: name)), c = backbone.graph.nodes[node].channels
            let mean = (0..<c).map { _ in Double.random(in: -0.2...0.2, using: &generator) }
            let whitening = (0..<c * c).map { index in
                index / c <= index % c ? Double.random(in: -1...1, using: &generator) : 0
            }
            return GaussianModel.Level(name: name, mean: mean, whitening: whitening, rank: c)
        }
        return (backbone, gaussians)
    }

    private func pictures(_ count: Int, side: Int = 33) -> Tensor {
        var generator = SplitMix64(seed: 9)
        return Tensor(
            shape: [count, side, side, 3],
            values: (0..<count * side * side * 3).map { _ in Float.random(in: -2...2, using: &generator) })
    }

    static let families: [(BackboneArchitecture, [String])] = [
        (.mobilenetV1, ["blocks.0.0", "blocks.2.1"]), (.efficientnetB0, ["features.1", "features.3"]),
        (.efficientnetB4, ["features.1", "features.3"]), (.resnet18, ["layer1", "layer2"]),
        (.wideResnet50, ["layer1", "layer2"]),
    ]

    @Test(arguments: families)
    func gradients_of_every_family_agree_with_finite_differences(
        _ architecture: BackboneArchitecture, _ levels: [String]
    ) throws {
        let (backbone, gaussians) = try fixture(architecture, levels)
        let step = try FineTuningStep(backbone: backbone, levels: gaussians, options: FineTuningOptions())
        let x = pictures(2)
        let gradients = step.differentiate(x, count: 2).gradients
        // Along the gradient itself every parameter counts at once, and the slope is its squared length.
        let square = gradients.reduce(0.0) { $0 + $1.squaredNorm }
        func loss(_ distance: Double) throws -> Double {
            var moved = step.state
            for index in moved.parameters.values.indices {
                var part = gradients[index]
                part.scale(by: Float(distance))
                moved.parameters.values[index].add(part)
            }
            var copy = step
            copy.state = moved
            return Double(copy.differentiate(x, count: 2).loss)
        }
        let reach = 2e-3 / square.squareRoot()
        let slope = (try loss(reach) - loss(-reach)) / (2 * reach)
        #expect(abs(slope - square) < 0.03 * square, "\(slope), \(square)")
        #expect(square > 0)
    }

    /// One image of two pixels (1, 2) and (−1, 1) through `h = relu(A · x)`, `y = B · h`; levels behind both layers.
    @Test func a_step_on_two_layers_equals_the_chain_rule_by_hand() throws {
        // Rows of weights are inputs, columns outputs: A = [[1, −1], [2, 0.5]] as h₀ = x₀ + 2x₁, h₁ = −x₀ + 0.5x₁.
        let a: [Float] = [1, -1, 2, 0.5], b: [Float] = [0.5, -2]
        var graph = NetworkGraph()
        let x = graph.append(InputLayer(channels: 2))
        let first = graph.append(Convolution(weights: Tensor(shape: [1, 1, 2, 2], values: a)), [x], scope: "a")
        let h = graph.append(ActivationLayer(.relu), [first])
        let y = graph.append(Convolution(weights: Tensor(shape: [1, 1, 2, 1], values: b)), [h], scope: "b")
        // h = (5, 0) and (1, 1.5), its mean (3, 0.75); y = 2.5 and −2.5, its mean 0.
        let hidden = GaussianModel.Level(name: "h", mean: [0, 4.75], whitening: [1, 0, 0, 1], rank: 2)
        let output = GaussianModel.Level(name: "y", mean: [2], whitening: [3], rank: 1)
        var options = FineTuningOptions()
        options.learningRate = 0.25
        var step = try FineTuningStep(graph: graph, nodes: [h, y], levels: [hidden, output], options: options)
        let picture = Tensor(shape: [1, 1, 2, 2], values: [1, 2, -1, 1])
        // Distances: ‖(3, −4)‖ = 5 and 3 · |0 − 2| = 6. Slopes: (0.6, −0.8) of h's mean from its own level, and −3 of
        // y's, which gives h's mean −3 · (0.5, −2) = (−1.5, 6): together (−0.9, 5.2), half of it to each pixel that is
        // not cut off. B: −3 · (3, 0.75). A's column h₀ sees both pixels: −0.45 · ((1, 2) + (−1, 1)) = (0, −1.35);
        // column h₁ only the second, the first being cut off: 2.6 · (−1, 1).
        let (loss, gradients) = step.differentiate(picture, count: 1)
        #expect(abs(loss - 11) < 1e-5)
        for (got, want) in zip(gradients, [[0, -2.6, -1.35, 2.6], [-9, -2.25]] as [[Float]]) {
            #expect(zip(got.values, want).allSatisfy { abs($0 - $1) < 1e-5 }, "\(got.values), by hand \(want)")
        }
        #expect(abs(step.update(count: 1, parts: [picture]) - 11) < 1e-5)
        // Adam's first step is the rate along the gradient's sign; nothing where there is no slope.
        let moved = step.parameters.values.map(\.values)
        for (got, want) in zip(moved, [[1, -0.75, 2.25, 0.25], [0.75, -1.75]] as [[Float]]) {
            #expect(zip(got, want).allSatisfy { abs($0 - $1) < 1e-5 }, "\(got), by hand \(want)")
        }
    }

    @Test func parts_of_a_batch_add_up_to_the_whole() throws {
        let (backbone, gaussians) = try fixture(.mobilenetV1, ["blocks.1.1"])
        let step = try FineTuningStep(backbone: backbone, levels: gaussians, options: FineTuningOptions())
        let x = pictures(3), size = 33 * 33 * 3
        func part(_ range: Range<Int>) -> Tensor {
            Tensor(
                shape: [range.count, 33, 33, 3],
                values: Array(x.values[range.lowerBound * size..<range.upperBound * size]))
        }
        let whole = step.differentiate(x, count: 3)
        let first = step.differentiate(part(0..<1), count: 3), rest = step.differentiate(part(1..<3), count: 3)
        #expect(abs(first.loss + rest.loss - whole.loss) < 1e-4 * whole.loss)
        for index in whole.gradients.indices {
            let largest = whole.gradients[index].values.map(abs).max() ?? 0
            for at in whole.gradients[index].values.indices {
                let sum = first.gradients[index].values[at] + rest.gradients[index].values[at]
                #expect(abs(sum - whole.gradients[index].values[at]) < 1e-3 * largest + 1e-7)
            }
        }
    }

    @Test func only_the_named_stages_change() throws {
        let (backbone, gaussians) = try fixture(.mobilenetV1, ["blocks.1.1"])
        var options = FineTuningOptions()
        options.stages = ["blocks.1"]
        options.learningRate = 1e-3
        var step = try FineTuningStep(backbone: backbone, levels: gaussians, options: options)
        let before = step.parameters
        _ = step.update(count: 2, parts: [pictures(2)])
        for (index, name) in before.names.enumerated() {
            let hasChanged = before.values[index] != step.parameters.values[index]
            // The second block of stage 1 is the level; later nodes are not reached.
            #expect(hasChanged == name.hasPrefix("blocks.1."), "\(name)")
        }
        options.stages = ["blocks.9"]
        #expect(throws: ModelError.self) {
            try FineTuningStep(backbone: backbone, levels: gaussians, options: options)
        }
    }

    @Test func updates_bring_the_images_nearer() throws {
        let (backbone, gaussians) = try fixture(.mobilenetV1, ["blocks.0.0", "blocks.1.1"])
        var options = FineTuningOptions()
        options.learningRate = 1e-3
        var step = try FineTuningStep(backbone: backbone, levels: gaussians, options: options)
        let x = pictures(4)
        let losses = (0..<6).map { _ in step.update(count: 4, parts: [x]) }
        #expect(losses[5] < 0.9 * losses[0], "\(losses)")
    }

    @Test func a_state_resumes_bit_for_bit() throws {
        let (backbone, gaussians) = try fixture(.mobilenetV1, ["blocks.0.0"])
        var step = try FineTuningStep(backbone: backbone, levels: gaussians, options: FineTuningOptions())
        let x = pictures(2)
        let fresh = try FineTuningStep(backbone: backbone, levels: gaussians, options: FineTuningOptions())
        let unmoved = try TrainingState(fresh.state.tensors, like: fresh.state)
        #expect(unmoved == fresh.state)
        _ = step.update(count: 2, parts: [x])
        var resumed = fresh
        resumed.state = try TrainingState(step.state.tensors, like: fresh.state)
        _ = (step.update(count: 2, parts: [x]), resumed.update(count: 2, parts: [x]))
        #expect(step.state == resumed.state)
    }
}
