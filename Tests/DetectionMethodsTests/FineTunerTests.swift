import DetectionCore
import DetectionMethods
import Foundation
import InspectionDomain
import NeuralNets
import Synchronization
import TestSupport
import Testing

/// Fine-tuning as a whole, on small drawn parts with a small network.
@Suite struct FineTunerTests {
    private func backbone() throws -> Backbone {
        let tensors = try BackboneFixture.tensors(.mobilenetV1, source: FormulaWeights())
        return try Backbone(
            file: WeightFile(tensors: Dictionary(uniqueKeysWithValues: tensors)), name: "noise",
            architecture: .mobilenetV1)
    }

    private func options(_ epochs: Int, rate: Float, patience: Int = 0) -> GaussianOptions {
        var options = GaussianOptions()
        (options.inputWidth, options.inputHeight, options.seed) = (40, 40, 5)
        (options.levels, options.taps) = (["blocks.0.0", "blocks.1.1"], ["blocks.1.1"])
        options.channelsPerPosition = 8
        var tuning = FineTuningOptions()
        (tuning.epochs, tuning.patience, tuning.learningRate, tuning.batchSize) = (epochs, patience, rate, 8)
        options.fineTuning = tuning
        return options
    }

    private func withParts<Result>(_ body: (FrameSource) throws -> Result) throws -> Result {
        try withTemporaryFolder { folder in
            var parts = DrawnParts(seed: 2)
            try write((0..<30).flatMap { _ in parts.part(exposures: 1) }, to: folder)
            return try body(FrameSource(folders: [folder.path]))
        }
    }

    private func bytes(_ fitted: FittedDetector) throws -> Data { try ModelFile(fitted: fitted.model).encoded() }

    @Test func the_best_epoch_is_kept_and_stored_with_the_model() throws {
        try withParts { frames in
            let backbone = try backbone()
            let fitted = try options(3, rate: 1e-3).fit(frames, backbone: backbone, work: FittingWork(workers: 2))
            let history = try #require(fitted.history),
                summary = try #require(try history.sections.section(FineTuningSummary.self))
            #expect(history.epochs.count == 3 && history.epochs.allSatisfy { $0.validation != nil })
            let best = history.epochs.compactMap { $0.validation?.mean }.max() ?? 0
            let model = try #require(fitted.model as? GaussianModel)
            if best > summary.before.mean + 0.005 {
                #expect(summary.chosen != .pretrained && history.epochs[history.bestEpoch].validation?.mean == best)
                #expect(summary.after.mean >= best)
                #expect(model.backbone.file.tensors != backbone.file.tensors)
            } else {
                #expect(summary.chosen == .pretrained)
                #expect(model.backbone.file.tensors == backbone.file.tensors)
            }
            // The stored model scores as the fitted one: decoding verifies the self-test frame with the stored weights.
            let again = try ModelFile.decode(try bytes(fitted), name: "tuned")
            try again.verifySelfTest(name: "tuned")
        }
    }

    @Test func updates_that_ruin_the_features_are_thrown_away() throws {
        try withParts { frames in
            let backbone = try backbone()
            // So large a rate that the network forgets everything at once.
            let fitted = try options(2, rate: 1).fit(frames, backbone: backbone, work: FittingWork(workers: 2))
            let summary = try #require(try fitted.history?.sections.section(FineTuningSummary.self))
            let worst = fitted.history?.epochs.compactMap { $0.validation?.mean }.max() ?? 0
            try #require(worst <= summary.before.mean, "the rate was not large enough")
            #expect(summary.chosen == .pretrained && summary.after == summary.before)
            let model = try #require(fitted.model as? GaussianModel)
            #expect(model.backbone.file.tensors == backbone.file.tensors)
        }
    }

    @Test func patience_ends_a_training_without_gain() throws {
        try withParts { frames in
            let fitted = try options(20, rate: 1, patience: 2)
                .fit(frames, backbone: try backbone(), work: FittingWork(workers: 2))
            let history = try #require(fitted.history)
            #expect(history.stoppedEarly && history.epochs.count < 20)
        }
    }

    @Test func an_interrupted_fit_resumes_and_gives_the_same_model() throws {
        struct Interrupted: Error {}
        try withParts { frames in
            let options = options(2, rate: 1e-3), backbone = try backbone()
            let whole = try bytes(options.fit(frames, backbone: backbone, work: FittingWork(workers: 2)))
            let kept = Mutex<Data?>(nil), saves = Mutex(0)
            func store(failingAfter limit: Int) -> CheckpointStore {
                var store = CheckpointStore(
                    load: { kept.withLock { $0 } },
                    save: { data in
                        kept.withLock { $0 = data }
                        if saves.withLock({ count in
                            count += 1
                            return count == limit
                        }) {
                            throw Interrupted()
                        }
                    }, discard: {})
                store.interval = 0
                return store
            }
            for limit in [2, 4] {
                #expect(throws: Interrupted.self) {
                    try options.fit(
                        frames, backbone: backbone,
                        work: FittingWork(workers: 2, checkpoint: store(failingAfter: limit)))
                }
            }
            let resumed = try options.fit(
                frames, backbone: backbone, work: FittingWork(workers: 2, checkpoint: store(failingAfter: -1)))
            #expect(try bytes(resumed) == whole)
        }
    }

    @Test func too_few_images_are_refused_with_a_message() throws {
        try withTemporaryFolder { folder in
            var parts = DrawnParts(seed: 2)
            try write((0..<5).flatMap { _ in parts.part(exposures: 1) }, to: folder)
            let error = #expect(throws: ModelError.self) {
                try options(1, rate: 1e-3).fit(
                    FrameSource(folders: [folder.path]), backbone: try backbone(), work: FittingWork(workers: 1))
            }
            #expect(error?.message.contains("at least 20 images") == true)
        }
    }
}
