import NeuralNets
import TensorCore
import TestSupport
import Testing

/// A layer that the library does not have: `x · scale`, one factor for each channel.
private struct ChannelFactors: PlannedLayer {
    let scale: [Float]

    var parameters: [LayerParameter] { [LayerParameter(".scale", scale)] }

    func with(_ parameters: [Tensor], _ statistics: RunningStatistics?) -> ChannelFactors {
        ChannelFactors(scale: parameters[0].values)
    }

    func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable { inputs[0] * pass.parameters[0] }

    func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        Convolution(weights: Tensor(shape: [1, 1, 1, scale.count], values: scale), groups: scale.count)
            .compile(id, into: &plan)
    }
}

/// The graph, training and the plan need nothing but a layer's own type.
@Suite struct LayerTests {
    private func graph(_ scale: [Float]) -> (graph: NetworkGraph, output: NetworkGraph.NodeID) {
        var graph = NetworkGraph()
        let x = graph.append(InputLayer(channels: scale.count))
        let scaled = graph.append(ChannelFactors(scale: scale), [x], scope: "factors")
        let output = graph.append(ActivationLayer(.relu), [scaled])
        return (graph, output)
    }

    private func inferred(_ graph: NetworkGraph, _ output: NetworkGraph.NodeID, _ x: [Float]) throws -> [Float] {
        let plan = try InferencePlan(graph: graph, height: 1, width: 2, outputs: [output], threads: 1)
        _ = plan.input.update(fromContentsOf: x)
        plan.run()
        return Array(plan.outputs[0].values)
    }

    @Test func a_layer_that_the_library_does_not_know_trains_and_infers() throws {
        let (graph, output) = graph([2, -1]), x: [Float] = [3, 5, -1, -4]
        #expect(try inferred(graph, output, x) == [6, 0, 0, 4])
        let parameters = NetworkParameters(of: graph)
        #expect(parameters.names == ["factors.scale"])
        var network = TrainableNetwork(graph, parameters)
        let input = Variable(Tensor(shape: [1, 1, 2, 2], values: x))
        let out = network.forward(input, nodes: [output], normalization: .frozen)[0]
        #expect(out.value.values == [6, 0, 0, 4])
        // The ReLU cuts off the middle two: the factors see 3 and −4.
        let slopes = gradients(of: sum(out), withRespectTo: network.tracked)
        #expect(slopes.map(\.value.values) == [[3, -4]])
    }

    @Test func its_trained_parameters_go_to_the_plan_and_to_a_file() throws {
        let (graph, output) = graph([2, -1])
        var trained = NetworkParameters(of: graph)
        trained.values[0].scale(by: 10)
        #expect(try inferred(graph.with(trained), output, [3, 5, -1, -4]) == [60, 0, 0, 40])
        #expect(trained.stored()["factors.scale"] == StoredTensor(floats: [20, -10], shape: [2]))
    }

    struct Fused: Sendable, CustomTestStringConvertible {
        let architecture: BackboneArchitecture
        let steps: [String: Int]
        var testDescription: String { architecture.rawValue }
    }

    /// Each 3×3 convolution by minimal filtering is three steps; every gate is in the weights of the convolution behind
    /// it. An EfficientNet's widest expansion runs within its depthwise step.
    static let fused = [
        Fused(
            architecture: .efficientnetB0,
            steps: [
                "PadStep": 1, "ConvolutionStep": 43, "DepthwiseStep": 11, "PooledSumsStep": 11, "GateWeightsStep": 11,
            ]),
        Fused(
            architecture: .efficientnetB1,
            steps: [
                "PadStep": 1, "ConvolutionStep": 62, "DepthwiseStep": 16, "PooledSumsStep": 16, "GateWeightsStep": 16,
            ]),
        Fused(
            architecture: .mobilenetV1, steps: ["PadStep": 1, "ConvolutionStep": 12, "DepthwiseStep": 11]),
        Fused(
            architecture: .resnet18,
            steps: [
                "PadStep": 1, "ConvolutionStep": 8, "MaxPoolStep": 1, "TransformInput": 7, "Products": 7,
                "TransformOutput": 7,
            ]),
    ]

    @Test(arguments: fused)
    func norms_shortcuts_activations_and_gates_have_no_steps_of_their_own(_ backbone: Fused) throws {
        let graph = try backbone.architecture.graph(FormulaWeights())
        let taps: [String] =
            switch backbone.architecture {
            case .mobilenetV1: ["blocks.2.1", "blocks.3.5"]
            case .resnet18: ["layer1", "layer2", "layer3"]
            default: ["features.3", "features.5"]
            }
        let outputs = try taps.map { try #require(graph.node(named: $0)) }
        let plan = try InferencePlan(graph: graph, height: 97, width: 130, outputs: outputs, threads: 1)
        #expect(Dictionary(plan.stepKinds.map { ($0, 1) }, uniquingKeysWith: +) == backbone.steps)
    }
}
