import DetectionCore
import DetectionMethods
import Foundation
import InspectionPipeline
import NeuralNets
import TestSupport
import Testing

/// GRAD as a stored model: fitted, calibrated, loaded again, and used.
@Suite struct GRADInspectionTests {
    @Test func a_fitted_model_is_stored_with_its_report_and_tells_defects_from_flawless_frames() throws {
        try withTemporaryFolder { folder in
            var options = GRADOptions()
            (options.inputWidth, options.inputHeight) = (64, 64)
            (options.epochs, options.batchSize, options.patience) = (8, 8, 0)
            let checkpoint = CheckpointStore.file(folder.appendingPathComponent("fitting/part.checkpoint").path)
            let fitting = ModelFitting(
                backbone: try Backbone.embedded(), method: options, rule: TinyModel.rule, workers: 2,
                checkpoint: checkpoint)
            let pictures = try TinyModel.pictures(for: fitting, in: folder)
            let fitted = try fitting.fit(pictures)
            #expect(try checkpoint.load() != nil)
            checkpoint.discard()
            #expect(try checkpoint.load() == nil)

            let store = ModelStore(folder: folder.appendingPathComponent("models").path)
            let (record, _) = try fitting.store(
                fitted, as: "part", sources: ["normal"], overridesLine: false, in: store
            ) { version, _ in ["note.txt": Data("version \(version)".utf8)] }
            #expect(record.method == "grad")
            let report = store.reportPath("part", record.version) + "/note.txt"
            #expect(FileManager.default.contents(atPath: report) == Data("version 1".utf8))

            let model = try store.load("part")
            let detector = try model.model.makeDetector(threads: 2)
            let threshold = try model.stored.deciding(for: TinyModel.rule).imageThreshold
            let flawless = try (900..<910).map { try detector.detect(TinyFrames.frame($0)).imageScore }
            let defective = try (900..<910).map { try detector.detect(TinyFrames.frame($0, defect: true)).imageScore }
            #expect(flawless.count { $0 > threshold } <= 5)
            #expect(defective.count { $0 > threshold } >= 9)
        }
    }
}
