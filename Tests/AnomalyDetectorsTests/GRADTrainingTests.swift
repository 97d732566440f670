import AnomalyDetectors
import NeuralNets
import TestSupport
import Testing

/// Training GRAD's network against its authors' code: three steps without jitter.
@Suite struct GRADTrainingTests {
    private static let rates = GRADTraining.Rates(networks: 1e-3, grids: 0.1, weightDecay: 0.01, clipNorm: 0.1)

    @Test(arguments: GRADFixture.names)
    func three_steps_agree_with_the_authors(_ name: String) throws {
        let fixture = try GRADFixture(name)
        var training = try GRADTraining(
            network: fixture.network, parameters: StoredParameters(try fixture.tensors("weights."), file: name),
            rates: Self.rates)
        let gradients = training.gradients(fixture.input, jitter: nil).gradients
        try fixture.golden.expect(gradients, under: "train.grad.")
        let want = try fixture.golden.tensor("train.losses").values
        for (step, loss) in want.enumerated() {
            let got = training.step(fixture.input, jitter: nil)
            #expect(abs(got - loss) <= 1e-4 * max(1, abs(loss)), "step \(step): \(got) for \(loss)")
        }
        try fixture.golden.expect(training.stored(), under: "train.after3.")
    }
}
