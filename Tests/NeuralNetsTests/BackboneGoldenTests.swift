import Foundation
import NeuralNets
import TensorCore
import TestSupport
import Testing

/// Stage outputs of the published networks with formula weights, through the fused plan.
@Suite struct BackboneGoldenTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let file: String
        let architecture: BackboneArchitecture
        /// Whether the formula takes the names of the EfficientNet-PyTorch port.
        var isPort = false
        /// From the golden file's tensor to our tap.
        let tap: @Sendable (String) -> String
        var testDescription: String { file }

        var graph: NetworkGraph {
            get throws {
                guard isPort, let names = DialectNames.efficientNets[architecture] else {
                    return try architecture.graph(FormulaWeights())
                }
                let tensors = try BackboneFixture.tensors(architecture, value: 0).map { canonical, tensor in
                    let name = names.name(canonical, in: .port)
                    let values = try FormulaWeights().tensor(name, shape: tensor.shape)
                    return (name, StoredTensor(floats: values, shape: tensor.shape))
                }
                let file = WeightFile(tensors: Dictionary(uniqueKeysWithValues: tensors))
                return try architecture.graph(try NamedWeights(file: file, name: "port"))
            }
        }
    }

    static let cases = [
        Case(file: "efficientnet_b0_features", architecture: .efficientnetB0) { "features.\($0.dropFirst(5))" },
        Case(file: "efficientnet_b4_features", architecture: .efficientnetB4) { "features.\($0.dropFirst(5))" },
        Case(file: "efficientnet_lite0_features", architecture: .efficientnetLite0, isPort: true) {
            "features.\($0.dropFirst(5))"
        },
        Case(file: "efficientnet_lite2_features", architecture: .efficientnetLite2, isPort: true) {
            "features.\($0.dropFirst(5))"
        },
        Case(file: "resnet18_features", architecture: .resnet18) { $0 },
        Case(file: "wide_resnet50_2_features", architecture: .wideResnet50) { $0 },
    ]

    @Test(arguments: cases, [1, 2])
    func a_fused_network_agrees_with_the_published_one(_ network: Case, threads: Int) throws {
        let golden = try GoldenFile(network.file)
        let inputs = try golden.pictures("input"), first = try #require(inputs.first)
        let stages = golden.names.filter { $0 != "input" }
        #expect(stages.count >= 3)
        let graph = try network.graph
        let nodes = try stages.map { try #require(graph.node(named: network.tap($0)), "no tap is known for \($0)") }
        let wanted = try stages.map { try golden.pictures($0) }
        let plan = try InferencePlan(
            graph: graph, height: first.shape[1], width: first.shape[2], outputs: nodes, threads: threads)
        for (picture, input) in inputs.enumerated() {
            try #require(input.values.count == plan.input.count)
            _ = plan.input.update(fromContentsOf: input.values)
            plan.run()
            for (index, output) in plan.outputs.enumerated() {
                try #require(wanted[index].count == inputs.count)
                let want = wanted[index][picture]
                #expect(want.shape == [1, output.height, output.width, output.channels])
                let worst = worstDifference(Array(output.values), want.values)
                #expect(worst.difference <= 1e-4, "\(stages[index]) of image \(picture): worst \(worst)")
            }
        }
    }

    @Test func the_same_image_gives_the_same_bits_every_time() throws {
        let golden = try GoldenFile("efficientnet_b0_features")
        let input = try #require(try golden.pictures("input").first)
        let graph = try BackboneArchitecture.efficientnetB0.graph(FormulaWeights())
        let node = try #require(graph.node(named: "features.5"))
        let plan = try InferencePlan(
            graph: graph, height: input.shape[1], width: input.shape[2], outputs: [node], threads: 2)
        try #require(input.values.count == plan.input.count)
        var runs: [[Float]] = []
        for _ in 0..<3 {
            _ = plan.input.update(fromContentsOf: input.values)
            plan.run()
            runs.append(Array(plan.outputs[0].values))
        }
        #expect(runs[0] == runs[1])
        #expect(runs[1] == runs[2])
    }
}
