import NeuralNets
import TestSupport
import Testing

/// Models on the same backbone share its weights, and the detectors of a worker its network.
@Suite struct SharingTests {
    private static func backbone(_ value: Float = 0.01, name: String = "drawn") throws -> Backbone {
        let tensors = try BackboneFixture.tensors(.mobilenetV1, value: value)
        let file = WeightFile(tensors: Dictionary(uniqueKeysWithValues: tensors))
        return try Backbone(file: file, name: name, architecture: .mobilenetV1)
    }

    @Test func one_worker_runs_models_on_the_same_weights_through_one_network() throws {
        let shared = SharedExtractors()
        func extractor(_ backbone: Backbone, side: Int = 64, taps: [String] = ["blocks.1.1"]) throws -> FeatureExtractor
        {
            try shared.extractor(backbone: backbone, inputHeight: side, inputWidth: side, taps: taps, threads: 1)
        }
        let first = try Self.backbone(), again = try Self.backbone(name: "another name"), other = try Self.backbone(0.5)
        let one = try extractor(first)
        #expect(try extractor(again) === one)
        #expect(try extractor(other) !== one)
        #expect(try extractor(first, side: 96) !== one && extractor(first, taps: ["blocks.2.1"]) !== one)
        #expect(
            try SharedExtractors().extractor(
                backbone: first, inputHeight: 64, inputWidth: 64, taps: ["blocks.1.1"], threads: 1) !== one)
    }

    @Test func a_network_that_nobody_uses_is_freed() throws {
        let shared = SharedExtractors(), backbone = try Self.backbone()
        weak var gone: FeatureExtractor?
        do {
            let used = try shared.extractor(
                backbone: backbone, inputHeight: 64, inputWidth: 64, taps: ["blocks.1.1"], threads: 1)
            gone = used
            #expect(gone != nil)
        }
        #expect(gone == nil)
    }
}
