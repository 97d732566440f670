import InspectionPipeline
import NeuralNets
import TensorCore

/// A network of the peers' benchmark, with noise for weights.
package struct NetworkBenchmark: Sendable {
    package let name: String
    /// Height and width of the input.
    let size: Int
    /// Names of the nodes computed; nothing behind them is.
    let outputs: [String]
    let graph: @Sendable () throws -> NetworkGraph

    static let efficientNetB0 = efficientNet("efficientnet_b0_224", .efficientnetB0)
    static let gradHead = head("grad_head_432x28x28", .residual(blocks: 7))

    package static let all = [
        efficientNetB0,
        efficientNet("efficientnet_b4_224", .efficientnetB4),
        NetworkBenchmark(name: "mobilenetv1_224", size: 224, outputs: ["blocks.3.5"]) {
            try BackboneArchitecture.mobilenetV1.graph(NoiseParameters())
        },
        efficientNetLite0("efficientnet_lite0_224", size: 224),
        efficientNetLite0("efficientnet_lite0_320", size: 320),
        gradHead,
        head("crad_small_head_432x28x28", .bottlenecks(blocks: 11, expansion: 216)),
    ]

    private static func efficientNet(_ name: String, _ architecture: BackboneArchitecture) -> NetworkBenchmark {
        NetworkBenchmark(name: name, size: 224, outputs: ["features.3", "features.5"]) {
            try architecture.graph(NoiseParameters(prefixes: (0...5).map { "features.\($0)." }))
        }
    }

    /// All seven stages.
    private static func efficientNetLite0(_ name: String, size: Int) -> NetworkBenchmark {
        NetworkBenchmark(name: name, size: size, outputs: ["features.7"]) {
            try BackboneArchitecture.efficientnetLite0.graph(
                NoiseParameters(prefixes: (0...7).map { "features.\($0)." }))
        }
    }

    private static func head(_ name: String, _ fusion: GRADNetwork.Fusion) -> NetworkBenchmark {
        NetworkBenchmark(name: name, size: 28, outputs: [GRADNetwork.output]) {
            try GRADNetwork(channels: 216, height: 28, width: 28, fusion: fusion).fusionGraph(NoiseParameters())
        }
    }

    package func run(threads: Int, runs: Int) throws -> BenchmarkTimes {
        BenchmarkTimes(milliseconds: try BenchmarkTimes.repeated(runs, try plan(threads: threads)))
    }

    /// The fused plan, its input filled.
    func preparedPlan(threads: Int) throws -> InferencePlan {
        let graph = try graph()
        let plan = try InferencePlan(
            graph: graph, height: size, width: size, outputs: try nodes(of: graph), threads: threads)
        for index in plan.input.indices { plan.input[index] = Self.input(index) }
        return plan
    }

    /// A run of the fused plan.
    func plan(threads: Int) throws -> () throws -> Double {
        let plan = try preparedPlan(threads: threads)
        let input = Array(plan.input)
        return {
            BenchmarkTimes.time {
                // A run reuses the input's memory.
                _ = plan.input.update(fromContentsOf: input)
                plan.run()
            }
        }
    }

    /// The same network op by op, on all cores.
    func layers() throws -> () throws -> Double {
        let graph = try graph(), nodes = try nodes(of: graph)
        var network = TrainableNetwork(graph, NetworkParameters(of: graph), tracking: { _ in false })
        let shape: Shape = [1, size, size, graph.nodes[0].channels]
        let input = Variable(Tensor(shape: shape, values: (0..<shape.count).map(Self.input)))
        return { BenchmarkTimes.time { _ = network.forward(input, nodes: nodes, normalization: .frozen) } }
    }

    private static func input(_ index: Int) -> Float { Float(index % 251) / 125 - 1 }

    private func nodes(of graph: NetworkGraph) throws -> [NetworkGraph.NodeID] {
        let nodes = outputs.compactMap { graph.node(named: $0) }
        guard nodes.count == outputs.count else {
            throw ProgramError(
                .badData, "\(name): the network lacks one of the levels \(outputs.joined(separator: ", "))")
        }
        return nodes
    }
}
