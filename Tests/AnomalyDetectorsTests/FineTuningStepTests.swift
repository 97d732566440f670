import AnomalyDetectors
import Foundation
import InspectionDomain
import NeuralNets
import TensorCore
import TestSupport
import Testing

/// One update of a backbone towards fixed Gaussians.
@Suite struct FineTuningStepTests {
    /// A backbone with few levels and weights of its own, and Gaussians somewhere near its features.
    private func fixture(_ architecture: BackboneArchitecture, _ levels: [String], seed: UInt64 = 3) throws -> (
        Backbone, [GaussianModel.Level]
    ) {
        let tensors = try BackboneFixture.tensors(architecture, source: NoiseParameters())
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
        (.resnet18, ["layer1", "layer2"]),
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
        let square = gradients.reduce(0.0) { $0 + $1.values.reduce(0.0) { $0 + Double($1) * Double($1) } }
        func loss(_ distance: Double) throws -> Double {
            var moved = step.state
            for index in moved.parameters.values.indices {
                for at in moved.parameters.values[index].values.indices {
                    moved.parameters.values[index].values[at] += Float(distance) * gradients[index].values[at]
                }
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
            // Of stage 1 the second block is the level; nothing behind it is reached.
            #expect(hasChanged == name.hasPrefix("blocks.1."), "\(name)")
        }
        options.stages = ["blocks.9"]
        #expect(throws: ModelError.self) {
            try FineTuningStep(backbone: backbone, levels: gaussians, options: options)
        }
    }

    @Test func updates_bring_the_pictures_nearer() throws {
        let (backbone, gaussians) = try fixture(.mobilenetV1, ["blocks.0.0", "blocks.1.1"])
        var options = FineTuningOptions()
        options.learningRate = 1e-3
        var step = try FineTuningStep(backbone: backbone, levels: gaussians, options: options)
        let x = pictures(4)
        let losses = (0..<6).map { _ in step.update(count: 4, parts: [x]) }
        #expect(losses[5] < 0.9 * losses[0], "\(losses)")
    }

    @Test func a_state_goes_on_bit_for_bit() throws {
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
