import DetectionCore
import Foundation
import InspectionPipeline
import Logging
import TestSupport
import Testing

@Suite struct ModelStoreTests {
    private func withStore(_ body: (ModelStore) throws -> Void) throws {
        try withTemporaryFolder { try body(ModelStore(folder: $0.appendingPathComponent("models").path)) }
    }

    private func calibration(_ shift: Double, version: Int) throws -> StoredCalibration {
        let scores = try TinyModel.fitted().scores
        return StoredCalibration(
            try Calibration(
                modelName: "plate", modelVersion: version, source: "test",
                scores: scores.map { (image: $0.imageScore + shift, mapMaximum: $0.mapMaximum) }, rule: TinyModel.rule,
                id: StoredCalibration.newID()), overridesLine: true)
    }

    @Test func a_stored_model_is_the_active_one_and_scores_as_before() throws {
        try withStore { store in
            let record = try TinyModel.store("plate", in: store)
            #expect(record.version == 1 && record.sha256.count == 64 && record.images == 24)
            #expect(try store.names() == ["plate"] && store.versions(of: "plate") == [1])
            let loaded = try store.load("plate")
            #expect(loaded.record == record)
            let frame = TinyFrames.frame(900)
            let fresh = try TinyModel.fitted().file.model.makeDetector(threads: 1).detect(frame).imageScore
            let again = try loaded.model.makeDetector(threads: 1).detect(frame).imageScore
            #expect(abs(fresh - again) <= 1e-4 * abs(fresh))
        }
    }

    @Test func models_of_one_backbone_keep_it_once_on_disk_and_in_memory() throws {
        try withStore { store in
            let whole = try TinyModel.fitted().file.encoded()
            for name in ["plate", "cloth"] { try TinyModel.store(name, in: store) }
            let backbones = try FileManager.default.contentsOfDirectory(atPath: store.folder + "/.backbones")
            #expect(
                backbones.count == 1 && backbones[0].count == "\(String(repeating: "f", count: 64)).safetensors".count)
            let stored = try Data(contentsOf: URL(fileURLWithPath: store.modelPath("plate", 1)))
            #expect(stored.count < whole.count)
            // What an export holds is whole, and comes back as the same model.
            let bundle = store.folder + "/plate.model"
            try store.exported("plate").write(to: URL(fileURLWithPath: bundle))
            try FileManager.default.removeItem(atPath: store.folder + "/.backbones/\(backbones[0])")
            let fresh = ModelStore(folder: store.folder)
            let missing = #expect(throws: ModelStoreError.self) { try fresh.load("plate") }
            #expect(
                missing?.message.contains("the backbone of") == true && missing?.message.contains("restore") == true)
            let imported = try ModelImport(path: bundle).named("copy").store(in: fresh)
            #expect(imported.sha256 == (try store.record("plate", version: 1)).sha256)
            // The import has brought the backbone back.
            #expect(try fresh.load("plate").record.name == "plate")
            // A damaged one is told from a missing one, and replaced by the next model that has it.
            try Data("rubbish".utf8).write(to: URL(fileURLWithPath: store.folder + "/.backbones/\(backbones[0])"))
            let damaged = #expect(throws: ModelStoreError.self) { try ModelStore(folder: store.folder).load("plate") }
            #expect(damaged?.message.contains("is damaged") == true)
            try TinyModel.store("again", in: store)
            #expect(try ModelStore(folder: store.folder).load("plate").record.name == "plate")
        }
    }

    @Test func versions_are_numbered_and_rolled_back_in_order() throws {
        try withStore { store in
            for version in 1...3 { #expect(try TinyModel.store("plate", in: store).version == version) }
            #expect(try store.active("plate").current.version == 3)
            #expect(try store.rollBackModel("plate").current.version == 2)
            #expect(try store.rollBackModel("plate").current.version == 1)
            let failure = #expect(throws: ModelStoreError.self) { try store.rollBackModel("plate") }
            #expect(failure?.message == "model plate cannot be rolled back: there is no earlier version")
            #expect(try store.activate("plate", version: 3).current.version == 3)
            // A number is never used twice, even when the latest is not in service.
            try store.activate("plate", version: 1)
            #expect(try TinyModel.store("plate", in: store).version == 4)
        }
    }

    @Test func calibrations_are_added_and_rolled_back_without_touching_the_version() throws {
        try withStore { store in
            try TinyModel.store("plate", in: store)
            let first = try store.active("plate").current.calibration
            let second = try calibration(5, version: 1)
            try store.add(second, to: "plate", version: 1)
            #expect(try store.active("plate").current.calibration == second.id)
            #expect(try store.calibrations("plate", version: 1).map(\.id).sorted() == [first, second.id].sorted())
            #expect(try store.previewRollBackCalibration("plate").current.calibration == first)
            #expect(try store.active("plate").current.calibration == second.id)
            #expect(try store.rollBackCalibration("plate").current.calibration == first)
            #expect(throws: ModelStoreError.self) { try store.rollBackCalibration("plate") }
        }
    }

    @Test func a_damaged_model_file_is_named_and_not_used() throws {
        try withStore { store in
            try TinyModel.store("plate", in: store)
            let path = store.modelPath("plate", 1)
            var data = try Data(contentsOf: URL(fileURLWithPath: path))
            data[data.count - 100] ^= 0x40
            try data.write(to: URL(fileURLWithPath: path))
            let failure = #expect(throws: ModelStoreError.self) { try store.load("plate") }
            #expect(
                failure?.code == .damaged && failure?.message.hasPrefix("\(path) is damaged: its SHA-256 is") == true)
        }
    }

    @Test func a_missing_model_is_an_error_that_lists_the_existing_ones() throws {
        try withStore { store in
            try TinyModel.store("plate", in: store)
            let failure = #expect(throws: ModelStoreError.self) { try store.load("plat") }
            #expect(failure?.code == .missing && failure?.message.contains("the models are plate") == true)
        }
    }

    @Test func the_lines_rate_decides_unless_the_calibration_was_made_for_its_own() throws {
        let calibration = try calibration(0, version: 1).calibration
        let line = CalibrationRule(rate: 0.2, confidence: nil)
        let ascending = calibration.imageScores
        let following = try StoredCalibration(calibration, overridesLine: false).deciding(for: line)
        #expect(following.k == 16 && following.imageThreshold == ascending[15] && following.id == calibration.id)
        let own = try StoredCalibration(calibration, overridesLine: true).deciding(for: line)
        #expect(own == calibration && own.k == 18)
        #expect(throws: CalibrationRule.TooFewImages.self) {
            try StoredCalibration(calibration, overridesLine: false).deciding(
                for: CalibrationRule(rate: 0.001, confidence: nil))
        }
    }

    @Test func the_registry_notices_a_new_calibration_and_keeps_the_old_model_when_the_new_one_is_damaged() throws {
        try withStore { store in
            try TinyModel.store("plate", in: store)
            let models = ModelRegistry(store: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            try models.require("plate")
            let before = try models.current("plate")
            let newer = try calibration(5, version: 1)
            try store.add(newer, to: "plate", version: 1)
            #expect(try models.current("plate").stored.id == newer.id)
            #expect(before.stored.id != newer.id)
            // The next version arrives broken.
            try TinyModel.store("plate", in: store)
            try Data("nothing".utf8).write(to: URL(fileURLWithPath: store.modelPath("plate", 2)))
            #expect(try models.current("plate").record.version == 1)
            // Rolled back and repaired: it is picked up again.
            try store.rollBackModel("plate")
            #expect(try models.current("plate").stored.id == newer.id)
        }
    }

    @Test func a_model_travels_in_one_file() throws {
        try withStore { store in
            try TinyModel.store("plate", in: store)
            let file = store.folder + "/plate.model"
            try store.exported("plate").write(to: URL(fileURLWithPath: file))
            let loaded = try store.load(reference: file)
            #expect(try loaded.record == store.record("plate", version: 1))
            #expect(try loaded.stored.id == store.active("plate").current.calibration)
            let failure = #expect(throws: ModelStoreError.self) {
                try store.load(reference: store.modelPath("plate", 1))
            }
            #expect(failure?.message.contains("is not a calibrated model") == true)
        }
    }

    @Test func a_line_decides_by_its_own_rule_and_follows_a_new_calibration_and_a_new_rate() throws {
        try withStore { store in
            try TinyModel.store("plate", in: store)
            let registry = ModelRegistry(store: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let serving = ServingModels(registry)
            var line = Configuration.Line(name: "plate", watch: "/watch")
            line.falseAlarmRate = 0.2
            let first = try serving.current(for: line).detector
            #expect(first.calibration.k == 16 && first.calibration.id == first.model.stored.id)
            line.falseAlarmRate = 0.1
            #expect(try serving.current(for: line).detector.calibration.k == 18)
            let newer = try calibration(5, version: 1)
            try store.add(newer, to: "plate", version: 1)
            let second = try serving.current(for: line).detector.calibration
            #expect(second.id == newer.id && second.imageScores == newer.calibration.imageScores && second.k == 18)
            line.falseAlarmRate = 0.001
            #expect(try serving.current(for: line).detector.calibration.k == 18, "the calibration's own rate wins")
            try store.rollBackCalibration("plate")
            #expect(throws: CalibrationRule.TooFewImages.self) { try serving.current(for: line) }
        }
    }
}
