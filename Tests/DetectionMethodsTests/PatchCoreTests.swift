import DetectionCore
import DetectionMethods
import Foundation
import NeuralNets
import TestSupport
import Testing

@Suite struct PatchCoreTests {
    /// From the origin, (10, 0) is farthest; then (0, 4), 4 from the origin; (1, 0) is 1 from it and comes last. The
    /// second (10, 0) equals a chosen one.
    @Test func the_patch_farthest_from_the_chosen_ones_is_chosen_next() {
        let values: [Float] = [0, 0, 1, 0, 10, 0, 10, 0, 0, 4]
        let chosen = PatchCoreTrainer.coreSet(values, channels: 2, count: 5)
        #expect(chosen == [0, 2, 4, 1] || chosen == [0, 3, 4, 1])
        #expect(PatchCoreTrainer.coreSet(values, channels: 2, count: 2) == Array(chosen.prefix(2)))
    }

    private func withParts<Result>(_ body: (FrameSource, Backbone, PatchCoreOptions) throws -> Result) throws -> Result
    {
        try withTemporaryFolder { folder in
            var parts = DrawnParts(seed: 5)
            parts.side = 64
            try write((0..<16).flatMap { _ in parts.part(exposures: 1) }, to: folder.appendingPathComponent("good"))
            try write(
                (0..<8).flatMap { _ in parts.part(exposures: 1, defect: true) },
                to: folder.appendingPathComponent("defective"))
            let tensors = try BackboneFixture.tensors(.mobilenetV1, source: FormulaWeights())
            let backbone = try Backbone(
                file: WeightFile(tensors: Dictionary(uniqueKeysWithValues: tensors)), name: "noise",
                architecture: .mobilenetV1)
            var options = PatchCoreOptions()
            (options.inputWidth, options.inputHeight) = (64, 64)
            (options.memory, options.candidates) = (60, 600)
            return try body(FrameSource(folders: [folder.path]), backbone, options)
        }
    }

    private func good(_ frames: FrameSource) -> FrameSource {
        frames.subset(frames.files.indices.filter { frames.paths[$0].contains("/good/") })
    }

    @Test func the_fit_does_not_depend_on_the_workers_and_comes_back_from_its_file() throws {
        try withParts { frames, backbone, options in
            let one = try options.fit(good(frames), backbone: backbone, work: FittingWork(workers: 1))
            let two = try options.fit(good(frames), backbone: backbone, work: FittingWork(workers: 2))
            let data = try ModelFile(fitted: one.model).encoded()
            #expect(try ModelFile(fitted: two.model).encoded() == data)
            var other = options
            other.seed = 1
            let third = try other.fit(good(frames), backbone: backbone, work: FittingWork(workers: 2))
            #expect(try ModelFile(fitted: third.model).encoded() != data)
            let back = try ModelFile.decode(data, name: "model")
            #expect(back.model is PatchCoreModel)
            try back.verifySelfTest(name: "model")
        }
    }

    /// Each position's distance, looked for patch by patch.
    @Test func a_remembered_patch_is_no_anomaly_and_a_defect_is_the_largest_one() throws {
        try withParts { frames, backbone, options in
            var options = options
            // Every patch of every image is remembered.
            (options.memory, options.candidates) = (20_000, 20_000)
            let fitted = try options.fit(good(frames), backbone: backbone, work: FittingWork(workers: 2))
            let scores = try FrameScorer.score(frames, model: fitted.model, workers: 2)
            let flawless = scores.filter { $0.path.contains("/good/") }.map(\.imageScore)
            let defective = scores.filter { $0.path.contains("/defective/") }.map(\.imageScore)
            // Rounding of |x|² + |p|² − 2 x · p.
            #expect(try #require(flawless.max()) < 0.05 * #require(defective.min()))
        }
    }

    @Test func a_memory_that_is_no_number_is_refused() throws {
        try withParts { frames, backbone, options in
            let fitted = try options.fit(good(frames), backbone: backbone, work: FittingWork(workers: 2))
            let model = try #require(fitted.model as? PatchCoreModel)
            var memory = model.memory
            memory[3] = .nan
            let damaged = PatchCoreModel(
                backbone: backbone, inputWidth: 64, inputHeight: 64, taps: model.taps, memory: memory,
                channels: model.channels)
            let contents = try damaged.encoded()
            var settings = contents.settings
            settings["backbone"] = damaged.backboneName
            #expect(throws: ModelError("model is damaged at 'memory'; fit again")) {
                try PatchCoreModel(file: WeightFile(tensors: contents.tensors, metadata: settings), name: "model")
            }
        }
    }
}
