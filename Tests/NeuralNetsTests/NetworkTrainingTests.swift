import NeuralNets
import SeededRandom
import TensorCore
import TestSupport
import Testing

/// One definition of a network for training and inference: the two must be the same function.
@Suite struct NetworkTrainingTests {
    static let backbones: [(BackboneArchitecture, tap: String)] = [
        (.efficientnetB0, "features.5"), (.mobilenetV1, "blocks.3.5"), (.resnet18, "layer2"),
    ]

    private func normal(_ shape: Shape, seed: UInt64) -> Tensor {
        var generator = SplitMix64(seed: seed)
        return Tensor(
            shape: shape, values: Initializer.normal(deviation: 1).values(shape.dimensions, using: &generator))
    }

    @Test(arguments: 0..<backbones.count)
    func a_backbone_trains_on_the_function_that_it_infers_with(_ index: Int) throws {
        let (architecture, tap) = Self.backbones[index]
        let graph = try architecture.graph(FormulaWeights()), node = try #require(graph.node(named: tap))
        let picture = normal([2, 37, 45, 3], seed: 1)
        var network = TrainableNetwork(graph, NetworkParameters(of: graph))
        let got = network.forward(Variable(picture), nodes: [node], normalization: .frozen)[0].value
        let want = graph.forward(picture, nodes: [node])[0]
        #expect(got.shape == want.shape)
        let worst = worstDifference(got.values, want.values)
        #expect(worst.difference <= 1e-4, "worst \(worst)")
    }

    @Test(arguments: 0..<backbones.count)
    func a_step_along_the_gradient_changes_the_loss_as_predicted(_ index: Int) throws {
        let (architecture, tap) = Self.backbones[index]
        let graph = try architecture.graph(FormulaWeights()), node = try #require(graph.node(named: tap))
        let picture = normal([2, 33, 40, 3], seed: 1)
        func loss(_ parameters: NetworkParameters) -> (value: Variable, tracked: [Variable]) {
            var network = TrainableNetwork(graph, parameters)
            let out = network.forward(Variable(picture), nodes: [node], normalization: .frozen)[0]
            return (mean(Pointwise.square(globalAveragePool(out))), network.tracked)
        }
        let start = NetworkParameters(of: graph), (value, tracked) = loss(start)
        let slopes = gradients(of: value, withRespectTo: tracked).map(\.value)
        let squared = slopes.reduce(0) { $0 + $1.squaredNorm }
        #expect(squared > 0 && squared.isFinite)
        // Central difference along the gradient itself, of a length that changes the loss by about 2%.
        let step = Float(0.01 * Double(value.scalar) / squared)
        func moved(_ by: Float) -> Double {
            var parameters = start
            for (index, slope) in slopes.enumerated() {
                var change = slope
                change.scale(by: by)
                parameters.values[index].add(change)
            }
            return Double(loss(parameters).value.scalar)
        }
        let difference = (moved(step) - moved(-step)) / (2 * Double(step))
        #expect(abs(difference / squared - 1) < 0.02, "\(difference) for \(squared)")
    }

    @Test func statistics_move_with_batches_and_stay_when_frozen() throws {
        let network = GRADNetwork(channels: 5, height: 4, width: 3, fusion: .residual(blocks: 1))
        let graph = try network.graph(FormulaWeights()), out = try #require(graph.node(named: GRADNetwork.output))
        let parameters = NetworkParameters(of: graph), x = Variable(normal([3, 4, 3, 5], seed: 2))
        var frozen = TrainableNetwork(graph, parameters), training = frozen
        _ = frozen.forward(x, nodes: [out], normalization: .frozen)
        #expect(frozen.statistics == parameters.statistics)
        _ = training.forward(x, nodes: [out], normalization: .batch(momentum: 0.5))
        #expect(Set(training.statistics.keys) == ["layer.0.0.bn1", "layer.0.0.bn2"])
        for (scope, statistics) in training.statistics { #expect(statistics != parameters.statistics[scope]) }
    }

    @Test func running_statistics_follow_the_framework_s_rule() {
        let vector = { (value: Float) in Tensor(shape: [1], values: [value]) }
        var statistics = RunningStatistics(mean: vector(1), variance: vector(2))
        // The batch's variance is biased (n); what it moves towards is unbiased (n − 1).
        statistics.update(mean: vector(3), variance: vector(6), count: 4, momentum: 0.25)
        #expect(statistics == RunningStatistics(mean: vector(1.5), variance: vector(3.5)))
    }

    @Test(arguments: [
        GRADNetwork.Fusion.residual(blocks: 1), GRADNetwork.Fusion.bottlenecks(blocks: 1, expansion: 7),
    ])
    func parameters_survive_a_weight_file(_ fusion: GRADNetwork.Fusion) throws {
        let network = GRADNetwork(channels: 5, height: 4, width: 3, fusion: fusion)
        let graph = try network.graph(FormulaWeights()), parameters = NetworkParameters(of: graph)
        let again = try network.graph(StoredParameters(parameters.stored(), file: "test"))
        #expect(NetworkParameters(of: again) == parameters)
        var changed = parameters
        for index in changed.values.indices { changed.values[index].scale(by: 2) }
        #expect(NetworkParameters(of: graph.with(changed)) == changed)
        #expect(changed["query.0"] != parameters["query.0"])
        #expect(parameters["no.such.weight"] == nil)
    }

    @Test func only_tracked_variables_get_gradients() throws {
        let network = GRADNetwork(channels: 4, height: 3, width: 3, fusion: .residual(blocks: 1))
        let graph = try network.graph(FormulaWeights()), out = try #require(graph.node(named: GRADNetwork.output))
        let parameters = NetworkParameters(of: graph)
        var grids = TrainableNetwork(graph, parameters) { $0.hasPrefix("query.") }
        #expect(grids.tracked.count == 2)
        let x = Variable(normal([2, 3, 3, 4], seed: 3))
        let loss = mean(Pointwise.square(grids.forward(x, nodes: [out], normalization: .frozen)[0]))
        let some = gradients(of: loss, withRespectTo: grids.tracked).map(\.value)
        var all = TrainableNetwork(graph, parameters)
        let same = mean(Pointwise.square(all.forward(x, nodes: [out], normalization: .frozen)[0]))
        let everything = gradients(of: same, withRespectTo: all.tracked).map(\.value)
        let places = parameters.names.indices.filter { parameters.names[$0].hasPrefix("query.") }
        #expect(some == places.map { everything[$0] })
    }

    @Test func a_trained_network_infers_as_it_trained_and_a_seed_decides_every_bit() throws {
        let network = GRADNetwork(channels: 6, height: 5, width: 4, fusion: .bottlenecks(blocks: 1, expansion: 9))
        let first = try trained(network, seed: 5), second = try trained(network, seed: 5)
        #expect(first.parameters == second.parameters)
        #expect(first.losses == second.losses)
        #expect(try trained(network, seed: 6).losses != first.losses)
        #expect(try #require(first.losses.last) < 0.7 * first.losses[0])

        let graph = try network.graph(FormulaWeights()).with(first.parameters)
        let out = try #require(graph.node(named: GRADNetwork.output)), x = normal([1, 5, 4, 6], seed: 9)
        let plan = try InferencePlan(graph: graph, height: 5, width: 4, outputs: [out], threads: 1)
        _ = plan.input.update(fromContentsOf: x.values)
        plan.run()
        var training = TrainableNetwork(graph, first.parameters)
        let want = training.forward(Variable(x), nodes: [out], normalization: .frozen)[0].value
        #expect(worstDifference(Array(plan.outputs[0].values), want.values).difference <= 1e-4)
    }

    private func trained(_ network: GRADNetwork, seed: UInt64) throws -> (
        parameters: NetworkParameters, losses: [Float]
    ) {
        let graph = try network.graph(FormulaWeights()), out = try #require(graph.node(named: GRADNetwork.output))
        var parameters = NetworkParameters(of: graph), losses: [Float] = []
        let x = Variable(normal([4, 5, 4, 6], seed: seed))
        var optimizer = Adam([ParameterGroup(parameters.names.indices, learningRate: 0.01)])
        for _ in 0..<30 {
            var slopes: [Tensor]
            do {
                var training = TrainableNetwork(graph, parameters)
                let loss = mseLoss(training.forward(x, nodes: [out], normalization: .batch(momentum: 0.1))[0], x)
                slopes = gradients(of: loss, withRespectTo: training.tracked).map(\.value)
                parameters.statistics = training.statistics
                losses.append(loss.scalar)
            }
            clip(&slopes, toNorm: 1)
            optimizer.step(&parameters.values, gradients: slopes, rateFactor: 1)
        }
        return (parameters, losses)
    }
}
