import DetectionMethods
import NeuralNets
import TensorCore
import TestSupport
import Testing

/// GANomaly against its authors' code.
@Suite struct GANomalyGoldenTests {
    private struct Fixture {
        let golden: GoldenFile
        /// Channels last.
        let input: Tensor
        let network: GANomalyNetwork

        init() throws {
            golden = try GoldenFile("ganomaly")
            input = try golden.tensor("input").channelsLast()
            let config = try golden.json("config")
            func number(_ key: String) throws -> Int { try #require(config[key] as? Int) }
            network = GANomalyNetwork(
                side: try number("isize"), channels: try number("nc"), latent: try number("nz"),
                width: try number("ngf"), extraLayers: try number("extralayers"))
        }

        func weights(_ prefix: String) throws -> StoredParameters {
            StoredParameters(try golden.tensors(under: prefix), file: "golden")
        }
    }

    @Test func evaluation_agrees_with_the_authors() throws {
        let fixture = try Fixture()
        let generator = try fixture.network.generator(fixture.weights("g."))
        let discriminator = try fixture.network.discriminator(fixture.weights("d."))
        func run(_ graph: NetworkGraph, _ names: [String]) throws -> [Tensor] {
            graph.forward(fixture.input, nodes: try names.map { try #require(graph.node(named: $0)) })
        }
        let made = try run(
            generator, [GANomalyNetwork.picture, GANomalyNetwork.inputCode, GANomalyNetwork.pictureCode])
        let judged = try run(discriminator, [GANomalyNetwork.features, GANomalyNetwork.prediction])
        for (got, name) in zip(made + judged, ["fake", "latent_i", "latent_o", "features", "class"]) {
            var want = try fixture.golden.tensor("eval.\(name)")
            if want.shape.rank == 4 { want = want.channelsLast() }
            #expect(worstDifference(got.values, want.values).difference <= 1e-4, "eval.\(name)")
        }
        let scores = try fixture.golden.tensor("eval.score").values
        try #require(scores.count == fixture.input.shape[0])
        let codes = made[1].values.count / scores.count
        for (index, want) in scores.enumerated() {
            let pairs = zip(made[1].values, made[2].values).dropFirst(index * codes).prefix(codes)
            let got = pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Float(codes)
            #expect(abs(got - want) <= 1e-4 * max(1, abs(want)))
        }
    }

    @Test func the_first_steps_agree_with_the_authors() throws {
        let fixture = try Fixture(), steps = try fixture.golden.rows("train.losses").count
        var training = try GANomalyTraining(
            network: fixture.network, generator: fixture.weights("g."), discriminator: fixture.weights("d."),
            learningRate: 2e-4)
        for step in 0..<steps {
            let got = training.step(fixture.input)
            try fixture.golden.expectLosses(
                [got.discriminator, got.generator, got.adversarial, got.contextual, got.encoder], step: step)
        }
        try fixture.golden.expect(training.storedGenerator(), under: "train.after\(steps).g.")
        try fixture.golden.expect(training.storedDiscriminator(), under: "train.after\(steps).d.")
    }

    @Test func a_discriminator_begins_anew_with_other_weights_and_keeps_its_statistics() throws {
        let fixture = try Fixture()
        var training = try GANomalyTraining(
            network: fixture.network, generator: fixture.weights("g."), discriminator: fixture.weights("d."),
            learningRate: 2e-4)
        _ = training.step(fixture.input)
        let before = training.storedDiscriminator(), generator = training.storedGenerator()
        try training.reinitializeDiscriminator(FormulaWeights())
        for (name, tensor) in training.storedDiscriminator() {
            #expect((tensor == before[name]) == name.contains("running_"), "\(name)")
        }
        #expect(training.storedGenerator() == generator)
    }
}
