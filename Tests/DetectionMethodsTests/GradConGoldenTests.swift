import DetectionMethods
import NeuralNets
import TensorCore
import TestSupport
import Testing

/// GradCon against its authors' code.
@Suite struct GradConGoldenTests {
    private struct Fixture {
        let golden: GoldenFile
        /// Channels last.
        let input: Tensor
        let network: ConvolutionalAutoencoder
        let trainingWeight, scoreWeight: Float

        init() throws {
            golden = try GoldenFile("gradcon")
            input = try golden.tensor("input").channelsLast()
            try #require(
                ConvolutionalAutoencoder.fits(height: input.shape[1], width: input.shape[2]),
                "GradCon's images are 28×28 or multiples of 16, not \(input.shape)")
            network = ConvolutionalAutoencoder(
                channels: input.shape[3], height: input.shape[1], width: input.shape[2])
            let config = try golden.json("config")
            trainingWeight = Float(try #require(config["grad_loss_weight_train"] as? Double))
            scoreWeight = Float(try #require(config["grad_loss_weight_score"] as? Double))
        }

        func training() throws -> GradConTraining {
            try GradConTraining(
                network: network, parameters: StoredParameters(try golden.tensors(under: "weights."), file: "golden"),
                learningRate: 1e-3, weight: trainingWeight)
        }
    }

    @Test func the_first_steps_agree_with_the_authors() throws {
        let fixture = try Fixture(), steps = try fixture.golden.rows("train.losses").count
        var training = try fixture.training()
        for step in 0..<steps {
            let got = training.step(fixture.input)
            try fixture.golden.expectLosses([got.total, got.error, got.alignment], step: step)
        }
        try fixture.golden.expect(training.stored(), under: "train.after\(steps).")
        for (place, reference) in training.references.enumerated() {
            let want = try fixture.golden.tensor("train.ref_grad.\(place)").kernelLast()
            #expect(worstDifference(reference.values, want.values).difference <= 1e-3)
        }
    }

    /// Reconstructions are those of the first weights, scores those after the steps.
    @Test func scores_and_reconstructions_agree_with_the_authors() throws {
        let fixture = try Fixture()
        let references = try (0..<ConvolutionalAutoencoder.decoder.count).map { place in
            let tensor = try fixture.golden.tensor("train.ref_grad.\(place)").kernelLast()
            return ("reference.\(place)", StoredTensor(floats: tensor.values, shape: tensor.shape.dimensions))
        }
        func model(_ prefix: String) throws -> GradConModel {
            try GradConModel(
                network: fixture.network, parameters: try fixture.golden.tensors(under: prefix),
                references: Dictionary(uniqueKeysWithValues: references), scoreWeight: fixture.scoreWeight)
        }
        let steps = try fixture.golden.rows("train.losses").count
        let (first, trained) = (try model("weights."), try model("train.after\(steps)."))
        let scores = try fixture.golden.tensor("eval.score").values
        let pictures = try fixture.golden.pictures("input"), wanted = try fixture.golden.pictures("eval.recon")
        try #require(scores.count == pictures.count && wanted.count == pictures.count)
        for (index, picture) in pictures.enumerated() {
            // The authors' scores are higher for normal images.
            let score = -trained.score(picture).score
            #expect(abs(score - scores[index]) <= 1e-4, "image \(index): \(score) for \(scores[index])")
            let reconstruction = first.score(picture).reconstruction.values
            #expect(worstDifference(reconstruction, wanted[index].values).difference <= 1e-4)
        }
    }
}
