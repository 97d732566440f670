import InspectionPipeline
import NeuralNets

/// A network of the peers' benchmark, with noise for weights.
struct NetworkBenchmark: Sendable {
    let name: String
    /// Height and width of the input.
    let size: Int
    /// Names of the nodes computed; nothing behind them is.
    let outputs: [String]
    let graph: @Sendable () throws -> NetworkGraph

    static let all = [
        efficientNet("efficientnet_b0_224", .efficientnetB0),
        efficientNet("efficientnet_b4_224", .efficientnetB4),
        NetworkBenchmark(name: "mobilenetv1_224", size: 224, outputs: ["blocks.3.5"]) {
            try BackboneArchitecture.mobilenetV1.graph(NoiseParameters())
        },
        gradHead("grad_head_432x28x28", .residual(blocks: 7)),
        gradHead("crad_small_head_432x28x28", .bottlenecks(blocks: 11, expansion: 216)),
    ]

    private static func efficientNet(_ name: String, _ architecture: BackboneArchitecture) -> NetworkBenchmark {
        NetworkBenchmark(name: name, size: 224, outputs: ["features.3", "features.5"]) {
            try architecture.graph(NoiseParameters(prefixes: (0...5).map { "features.\($0)." }))
        }
    }

    private static func gradHead(_ name: String, _ fusion: GRADNetwork.Fusion) -> NetworkBenchmark {
        NetworkBenchmark(name: name, size: 28, outputs: [GRADNetwork.output]) {
            try GRADNetwork(channels: 216, height: 28, width: 28, fusion: fusion).fusionGraph(NoiseParameters())
        }
    }

    func run(threads: Int, runs: Int) throws -> BenchmarkTimes {
        let graph = try graph()
        let nodes = outputs.compactMap { graph.node(named: $0) }
        guard nodes.count == outputs.count else {
            throw ProgramError(
                .badData, "\(name): the network lacks one of the levels \(outputs.joined(separator: ", "))")
        }
        let plan = try InferencePlan(graph: graph, height: size, width: size, outputs: nodes, threads: threads)
        for index in plan.input.indices { plan.input[index] = Float(index % 251) / 125 - 1 }
        let input = Array(plan.input)
        return BenchmarkTimes.measure(runs: runs) {
            // A run reuses the input's memory.
            _ = plan.input.update(fromContentsOf: input)
            plan.run()
        }
    }
}
