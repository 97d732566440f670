import NeuralNets
import TensorCore
import TestSupport
import Testing

/// The first training steps of GRAD's network over the tape, against the authors' code.
@Suite struct TrainingGoldenTests {
    @Test(arguments: GRADFixture.names)
    func the_first_steps_agree_with_the_authors(_ name: String) throws {
        let fixture = try GRADFixture(name)
        let graph = try fixture.graph(), output = try #require(graph.node(named: GRADNetwork.output))
        var parameters = NetworkParameters(of: graph)
        let losses = try fixture.golden.tensor("train.losses").values
        let isGrid = { (index: Int) in parameters.names[index].hasPrefix("query") }
        let all = parameters.names.indices
        var optimizer = Adam.withDecoupledDecay([
            ParameterGroup(all.filter { !isGrid($0) }, learningRate: 1e-3, weightDecay: 0.01),
            ParameterGroup(all.filter(isGrid), learningRate: 0.1, weightDecay: 0.01),
        ])
        for (step, want) in losses.enumerated() {
            var network = TrainableNetwork(graph, parameters)
            let x = Variable(fixture.input)
            let normal = network.forward(x, nodes: [output], normalization: .batch(momentum: 0.1))[0]
            let loss = mseLoss(refined(x, normal), x)
            #expect(
                abs(loss.scalar - want) <= 1e-4 * max(1, abs(want)), "step \(step): loss \(loss.scalar), not \(want)")
            var slopes = gradients(of: loss, withRespectTo: network.tracked).map(\.value)
            if step == 0 { try compare(fixture, "train.grad.", parameters.names, slopes) }
            clip(&slopes, toNorm: 0.1)
            optimizer.step(&parameters.values, gradients: slopes, rateFactor: 1)
            parameters.statistics = network.statistics
        }
        for (parameter, tensor) in parameters.stored() {
            let want = try fixture.golden.stored("train.after\(losses.count).\(parameter)")
            #expect(tensor.shape == want.shape)
            let worst = worstDifference(tensor.floats(), want.floats())
            #expect(worst.difference <= 1e-3, "\(parameter) after \(losses.count) steps: worst \(worst)")
        }
    }

    /// Section 3.4, as METHODS gives it.
    private func refined(_ x: Variable, _ normal: Variable) -> Variable {
        let squares = mean(Pointwise.square(normal - x), axes: -1...(-1)).value
        let kept = squares.values.map { 1 - min(max(0.05 * $0, 0), 1).rounded(.toNearestOrEven) }
        let share = cosineSimilarity(normal, x) * 0.7 + Variable(Tensor(shape: squares.shape, values: kept)) * 0.3
        let perPosition = share.reshaped(Shape(share.shape.dimensions + [1]))
        return normal + (x - normal) * perPosition
    }

    private func compare(_ fixture: GRADFixture, _ prefix: String, _ names: [String], _ slopes: [Tensor]) throws {
        var asParameters = NetworkParameters(of: try fixture.graph())
        asParameters.values = slopes
        let stored = asParameters.stored()
        for name in names {
            let want = try fixture.golden.stored(prefix + name)
            let worst = worstDifference(try #require(stored[name]).floats(), want.floats())
            #expect(worst.difference <= 1e-3, "gradient of \(name): worst \(worst)")
        }
    }
}
