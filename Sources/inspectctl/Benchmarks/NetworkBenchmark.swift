import InspectionPipeline
import NeuralNets

/// A network of the peers' benchmark, with noise for weights.
struct NetworkBenchmark {
    let name: String
    let architecture: BackboneArchitecture
    /// Levels computed; nothing behind them is.
    let taps: [String]
    /// Parameters that the network needs for these levels.
    let parameters: [String]

    static let all = [
        NetworkBenchmark(
            name: "efficientnet_b0_224", architecture: .efficientnetB0, taps: ["features.3", "features.5"],
            parameters: (0...5).map { "features.\($0)." }),
        NetworkBenchmark(
            name: "efficientnet_b4_224", architecture: .efficientnetB4, taps: ["features.3", "features.5"],
            parameters: (0...5).map { "features.\($0)." }),
        NetworkBenchmark(
            name: "mobilenetv1_224", architecture: .mobilenetV1, taps: ["blocks.3.5"], parameters: []),
    ]

    func run(threads: Int, runs: Int) throws -> BenchmarkTimes {
        let graph = try architecture.graph(NoiseParameters(prefixes: parameters))
        let nodes = taps.compactMap { graph.node(named: $0) }
        guard nodes.count == taps.count else {
            throw ProgramError(.badData, "\(name): the network lacks one of the levels \(taps.joined(separator: ", "))")
        }
        let plan = try InferencePlan(graph: graph, height: 224, width: 224, outputs: nodes, threads: threads)
        for index in plan.input.indices { plan.input[index] = Float(index % 251) / 125 - 1 }
        let picture = Array(plan.input)
        return BenchmarkTimes.measure(runs: runs) {
            // A run reuses the picture's memory.
            _ = plan.input.update(fromContentsOf: picture)
            plan.run()
        }
    }
}
