import InspectionPipeline
import NeuralNets
import TestSupport
import Testing

/// The published weights of the default backbone, as set-up brings them.
@Suite struct DefaultBackboneGoldenTests {
    @Test func the_installed_weights_give_the_published_features() throws {
        let path = try #require(
            try InstalledBackbones().files[BackboneCatalog.defaultName],
            "the weights of \(BackboneCatalog.defaultName) are missing: run `make setup`")
        let backbone = try Backbone.load(path: path)
        #expect(backbone.architecture == .efficientnetLite0 && backbone.dialect == .port)
        let golden = try GoldenFile("efficientnet_lite0_imagenet")
        let stages = golden.names.filter { $0.hasPrefix("stage") }.sorted()
        #expect(stages.count >= 3)
        for (index, input) in try golden.pictures("input").enumerated() {
            let extractor = try FeatureExtractor(
                backbone: backbone, inputHeight: input.shape[1], inputWidth: input.shape[2],
                taps: stages.map { "features.\($0.dropFirst(5))" }, threads: 1)
            _ = extractor.input.update(fromContentsOf: input.values)
            extractor.run()
            for (stage, got) in zip(stages, extractor.features) {
                let want = try golden.pictures(stage)[index]
                #expect(want.shape == [1, got.height, got.width, got.channels])
                let worst = worstDifference(Array(got.values), want.values)
                #expect(worst.difference <= 1e-4, "\(stage): worst \(worst)")
            }
        }
    }
}
