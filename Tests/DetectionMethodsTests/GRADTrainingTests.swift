import DetectionMethods
import NeuralNets
import TensorCore
import TestSupport
import Testing

/// Training GRAD's network against its authors' code: the first steps, without jitter.
@Suite struct GRADTrainingTests {
    private static let rates = GRADTraining.Rates(networks: 1e-3, grids: 0.1, weightDecay: 0.01, clipNorm: 0.1)

    @Test(arguments: GRADFixture.names, [false, true])
    func the_first_steps_agree_with_the_authors(_ name: String, recomputes: Bool) throws {
        let fixture = try GRADFixture(name)
        var training = try GRADTraining(
            network: fixture.network, parameters: StoredParameters(try fixture.tensors("weights."), file: name),
            rates: Self.rates, recomputes: recomputes)
        let gradients = training.gradients(fixture.input, jitter: nil).gradients
        try fixture.golden.expect(gradients, under: "train.grad.")
        let want = try fixture.golden.tensor("train.losses").values
        for (step, loss) in want.enumerated() {
            let got = training.step(fixture.input, jitter: nil)
            #expect(abs(got - loss) <= 1e-4 * max(1, abs(loss)), "step \(step): \(got) for \(loss)")
        }
        try fixture.golden.expect(training.stored(), under: "train.after\(want.count).")
    }

    /// Bit for bit, running statistics included: they must hear of a batch once, not twice.
    @Test(arguments: GRADFixture.names)
    func blocks_that_are_run_twice_give_the_same_steps(_ name: String) throws {
        let fixture = try GRADFixture(name)
        let weights = StoredParameters(try fixture.tensors("weights."), file: name)
        var jitter = Tensor(zeros: [fixture.input.shape[0], fixture.network.height, fixture.network.width, 2])
        for index in jitter.values.indices { jitter.values[index] = 0.05 * Float(index % 7 - 3) }
        func trained(recomputes: Bool) throws -> (losses: [Float], parameters: [String: StoredTensor]) {
            var training = try GRADTraining(
                network: fixture.network, parameters: weights, rates: Self.rates, recomputes: recomputes)
            let losses = [training.step(fixture.input, jitter: jitter), training.step(fixture.input, jitter: nil)]
            return (losses, training.stored())
        }
        let once = try trained(recomputes: false), twice = try trained(recomputes: true)
        #expect(once.losses == twice.losses)
        #expect(once.parameters == twice.parameters)
    }
}
