import DetectionCore
import DetectionMethods
import Foundation
import Imaging
import InspectionDomain
import InspectionPipeline
import LedgerStore
import LinuxPlatform
import NeuralNets
import SampleFrames
import TestSupport
import Testing

/// Frames and models that give no finite score.
@Suite struct NotFiniteTests {
    /// Gives the scores that it is told.
    private struct Oracle: DetectorModel {
        let score: Double
        let peak: Float
        static let method = DetectionMethod.gaussian
        init(score: Double, peak: Float) { (self.score, self.peak) = (score, peak) }
        init(file: WeightFile, name: String) throws { throw ModelError("\(name) is never stored") }
        var backboneName: String { "none" }
        var inputWidth: Int { 4 }
        var inputHeight: Int { 4 }
        func makeDetector(threads: Int, extractors: SharedExtractors) throws -> any Detector { Voice(model: self) }
        func encoded() throws -> ModelContents { ModelContents(tensors: [:], settings: [:]) }
    }

    private final class Voice: Detector {
        let model: Oracle
        init(model: Oracle) { self.model = model }
        func detect(_ frame: Frame) throws -> Detection {
            var map = AnomalyMap(width: 4, height: 4, values: [Float](repeating: 1, count: 16))
            map.values[5] = model.peak
            return Detection(imageScore: model.score, map: map, preprocess: 0, backbone: 0, detect: 0)
        }
    }

    private func examine(score: Double, peak: Float) throws -> Examination {
        let scores = (1...19).map { (image: Double($0), mapMaximum: Double($0)) }
        let calibration = try Calibration(
            modelName: "plate", modelVersion: 1, source: "", scores: scores, rule: TinyModel.rule)
        let record = ModelRecord(
            name: "plate", version: 1, method: "gaussian", backbone: "none", createdAt: Date(), inputWidth: 4,
            inputHeight: 4, sources: [], images: 1, seed: 0)
        let model = LoadedModel(
            record: record, model: Oracle(score: score, peak: peak),
            stored: StoredCalibration(calibration, overridesLine: true), stamp: nil)
        return try FrameExaminer(threads: 1, limits: .default).examine(
            TinyFrames.jpeg(1), with: try ServingModel(model, rule: TinyModel.rule))
    }

    @Test(arguments: [(Double.nan, Float(1)), (.infinity, 1), (1, .nan), (1, -.infinity), (1, .infinity)])
    func a_frame_without_a_finite_score_or_map_is_an_error_with_a_code_of_its_own(_ score: Double, _ peak: Float) throws
    {
        let error = #expect(throws: InspectionError.self) { try examine(score: score, peak: peak) }
        #expect(error?.code == "not-finite" && error?.message.contains("plate version 1") == true)
        #expect(try examine(score: 3, peak: 4).verdict == .normal)
    }

    @Test func a_result_that_json_cannot_hold_becomes_the_record_of_that_error() throws {
        let result = Inspection(
            resultID: "ab", line: "plate", createdAt: Date(), image: ImageInfo(path: "/a.jpg", width: 3),
            verdict: .normal,
            imageScore: 1, imageScoreNormalized: -.nan)
        let (recorded, json) = try result.encoded()
        #expect(recorded.verdict == .error && recorded.error?.code == "not-finite" && recorded.resultID == "ab")
        #expect(try DomainJSON.decoder().decode(Inspection.self, from: json).error == recorded.error)
        let good = Inspection(
            resultID: "ab", line: "plate", createdAt: Date(), image: ImageInfo(path: "/a.jpg"), verdict: .normal)
        #expect(try good.encoded().0 == good)
    }
}

/// The remedy for an expired calibration.
@Suite struct ExpiryRemedyTests {
    private func message(_ direction: String) -> String {
        CalibrationExpiry(line: "plate", calibration: "c", since: Date(), noticedAt: Date(), direction: direction)
            .message(model: "plate")
    }

    @Test func scores_that_have_fallen_are_never_recalibrated_with_alarms() {
        #expect(message("fallen").contains("--from-history 7d --dry-run"))
        #expect(!message("fallen").contains("--include-alarms"))
    }

    @Test func scores_that_have_risen_need_the_false_alarms_and_spread_ones_new_images() {
        #expect(message("risen").contains("--include-alarms") && message("risen").contains("confirmed as flawless"))
        #expect(message("spread").contains("--normal DIR") && !message("spread").contains("--include-alarms"))
    }
}

/// A model knows the images it was fitted on, and frames are compared with them.
@Suite(.serialized) struct FittedImagesTests {
    /// The camera's values of 12 bits, as they are, in a file of 16.
    private static func unscaled(_ frame: Frame) -> Frame {
        guard case .eight(let values) = frame.samples else { return frame }
        return Frame(
            width: frame.width, height: frame.height, channels: frame.channels,
            samples: .sixteen(values.map { UInt16((Double($0) * 4095 / 255).rounded()) }))
    }

    private static func write(_ frames: [Frame], to folder: URL) throws -> String {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (index, frame) in frames.enumerated() {
            try frame.encodedPNG().write(to: folder.appendingPathComponent("\(1000 + index).png"))
        }
        return folder.path
    }

    /// Different plates.
    @discardableResult
    private static func plates(_ indices: Range<Int>, to folder: URL) throws -> String {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for index in indices {
            let frame = SampleFrames.flawless(.plate, index: index, size: .init(width: 160, height: 120))
            try frame.encodedJPEG(quality: 90).write(to: folder.appendingPathComponent("plate-\(index).jpg"))
        }
        return folder.path
    }

    private static func model(_ frames: [Frame], _ held: [Frame], in folder: URL) throws -> LoadedModel {
        var fitting = try TinyModel.fitting()
        fitting.onlyRemarks = true
        let pictures = try fitting.pictures(
            fitting: try FrameSource(folders: [try write(frames, to: folder.appendingPathComponent("a"))]),
            calibration: try FrameSource(folders: [try write(held, to: folder.appendingPathComponent("b"))]),
            source: "b")
        let store = ModelStore(folder: folder.appendingPathComponent("models").path)
        _ = try fitting.store(try fitting.fit(pictures), as: "plate", sources: [], overridesLine: true, in: store)
        return try store.load("plate")
    }

    @Test func twelve_bits_unscaled_in_files_of_sixteen_find_what_eight_bits_find() throws {
        let frames = (0..<24).map { TinyFrames.frame($0) }, held = (500..<519).map { TinyFrames.frame($0) }
        let defects = (900..<910).map { TinyFrames.frame($0, defect: true) }
        try withTemporaryFolder { folder in
            let eight = try Self.model(frames, held, in: folder.appendingPathComponent("8"))
            let twelve = try Self.model(
                frames.map(Self.unscaled), held.map(Self.unscaled), in: folder.appendingPathComponent("12"))
            #expect(twelve.record.fittedImages?.intensity == IntensityRange(low: 0, high: 4095, bitDepth: 16))
            #expect(eight.record.fittedImages?.intensity.isWhole == true)
            let byEight = try ServingModel(eight, rule: TinyModel.rule)
            let byTwelve = try ServingModel(twelve, rule: TinyModel.rule)
            let examiner = FrameExaminer(threads: 1, limits: .default),
                again = FrameExaminer(threads: 1, limits: .default)
            for frame in defects {
                let a = try examiner.examine(frame.encodedPNG(), with: byEight)
                let b = try again.examine(Self.unscaled(frame).encodedPNG(), with: byTwelve)
                #expect(a.verdict == .anomalous && b.verdict == .anomalous && b.remarks.isEmpty, "\(b.remarks)")
                #expect(abs(a.detection.imageScore / b.detection.imageScore - 1) < 0.05)
            }
            // A brighter camera, and one of another depth, are remarked on.
            let bright = Frame(
                width: 96, height: 80, channels: 1, samples: .sixteen([UInt16](repeating: 60_000, count: 7680)))
            let remark = try again.examine(bright.encodedPNG(), with: byTwelve).remarks
            #expect(remark.count == 1 && remark[0].contains("60000, outside the range 0…4095 (12 bit)"), "\(remark)")
            let other = try again.examine(defects[0].encodedPNG(), with: byTwelve).remarks
            #expect(other.count == 1 && other[0].contains("8 bits per sample"), "\(other)")
        }
    }

    @Test func a_model_of_an_older_program_takes_frames_as_it_did() throws {
        try withTemporaryFolder { folder in
            let store = ModelStore(folder: folder.appendingPathComponent("models").path)
            try TinyModel.store("plate", in: store)
            let path = folder.appendingPathComponent("models/plate/1/model.json")
            var fields = try #require(
                try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
            #expect(fields.removeValue(forKey: "fitted_images") != nil)
            try JSONSerialization.data(withJSONObject: fields).write(to: path)
            try FileManager.default.removeItem(at: folder.appendingPathComponent("models/plate/1/training.safetensors"))
            let model = try store.load("plate")
            #expect(try model.record.fittedImages == nil && store.training("plate", version: 1) == nil)
            let frame = TinyFrames.frame(7).resized(width: 200, height: 50)
            let found = try FrameExaminer(threads: 1, limits: .default).examine(
                frame.encodedPNG(), with: try ServingModel(model, rule: TinyModel.rule))
            #expect(found.remarks.isEmpty && found.fittedSize == nil)
            let images = try Self.plates(600..<625, to: folder.appendingPathComponent("new"))
            let judged = try CalibrationImages(
                try FrameSource(folders: [images]), for: model.record, training: nil, workers: 2)
            #expect(judged.parts.count == 25 && judged.remarks.contains { $0.contains("does not say which images") })
        }
    }

    @Test func frames_of_another_size_are_logged_once_per_line_and_remarked_in_every_result() async throws {
        try await withTemporaryFolder { folder in
            let plant = try Plant(folder)
            for index in 0..<3 {
                let frame = TinyFrames.frame(UInt64(40 + index)).resized(width: 120, height: 60)
                try plant.arrive(RawPath("wide-\(index).png"), try frame.encodedPNG())
            }
            try plant.arrive(RawPath("usual.png"), try TinyFrames.frame(44).encodedPNG())
            try await plant.run { try plant.isIdle && plant.history().count == 4 }
            let results = try plant.results()
            let wide = results.filter { $0.image.path.contains("wide") }
            #expect(wide.count == 3)
            for result in wide {
                #expect(result.image.fittedSize == [96, 80] && result.image.width == 120)
                #expect(result.remarks.contains { $0.contains("120×60") && $0.contains("96×80") })
            }
            let usual = try #require(results.first { $0.image.path.contains("usual") })
            #expect(usual.image.fittedSize == nil && usual.remarks.isEmpty)
            #expect(plant.log.count("the model was fitted on 96×80") == 1)
        }
    }

    @Test func images_of_many_sizes_are_cut_outs_and_only_sizes_outside_their_range_are_remarked() throws {
        func frame(_ width: Int, _ height: Int) -> Frame {
            Frame(
                width: width, height: height, channels: 1, samples: .eight((0..<width * height).map { UInt8($0 % 251) })
            )
        }
        try withTemporaryFolder { folder in
            let path = try Self.write((0..<12).map { frame(100 + 5 * $0, 80 + 3 * $0) }, to: folder)
            let profiles = try TrainingData(try FrameSource(folders: [path]), workers: 1).profiles
            let fitted = FittedImages(profiles, intensity: .whole(8), setting: .auto)
            #expect(fitted.expectedSize(width: 128, height: 99) == nil)
            #expect(
                fitted.expectedSize(width: 400, height: 300) != nil
                    && fitted.expectedSize(width: 99, height: 128) != nil)
        }
    }

    @Test func no_calibration_uses_images_that_the_model_was_fitted_on_whatever_their_source() throws {
        try withTemporaryFolder { folder in
            let store = ModelStore(folder: folder.appendingPathComponent("models").path)
            try TinyModel.store("plate", in: store)
            let model = try store.load("plate")
            let training = try #require(try store.training("plate", version: 1))
            #expect(training.images.count == 24)
            let names = folder.appendingPathComponent("archive")
            // 30 new parts, and three images of the fit under other names.
            try Self.plates(2000..<2030, to: names)
            for seed in 3..<6 {
                try TinyFrames.jpeg(UInt64(seed)).write(to: names.appendingPathComponent("z\(seed).jpg"))
            }
            let frames = try FrameSource(folders: [names.path])
            var options = TrainingDataOptions()
            options.keepsOutliers = true
            let error = #expect(throws: TrainingDataRefused.self) {
                try CalibrationImages(frames, for: model.record, training: training, options: options, workers: 2)
            }
            let text = error?.description ?? ""
            #expect(text.contains("3 of 33 calibration images") && text.contains("z3.jpg = "), "\(text)")
            let rest = try CalibrationImages(
                frames, for: model.record, training: training, options: options, skipsFitted: true, workers: 2)
            #expect(rest.frames.count == 30 && rest.parts.count == 30)
            #expect(rest.remarks.contains { $0.hasPrefix("left out: 3 of 33") })
            // The same through `fit`, and from a model that travelled in a file.
            var fitting = try TinyModel.fitting()
            fitting.data = options
            let fitted = try TinyFrames.write(24, to: folder.appendingPathComponent("normal"))
            #expect(throws: TrainingDataRefused.self) {
                try fitting.pictures(normal: [fitted], calibration: [names.path])
            }
            let bundle = try store.exported("plate")
            #expect(
                try TrainingRecord.decode(bundle, name: "bundle")?.images.map(\.name) == training.images.map(\.name))
        }
    }

    @Test func a_promise_counts_parts_whatever_the_source_of_the_images() throws {
        try withTemporaryFolder { folder in
            let store = ModelStore(folder: folder.appendingPathComponent("models").path)
            try TinyModel.store("plate", in: store)
            let model = try store.load("plate")
            // Ten parts, three times each.
            let many = folder.appendingPathComponent("many")
            for copy in 0..<3 {
                try Self.plates(3000..<3010, to: many.appendingPathComponent("\(copy)"))
            }
            let judged = try CalibrationImages(
                try FrameSource(folders: [many.path]), for: model.record, training: nil, workers: 2)
            #expect(judged.frames.count == 30 && judged.parts.count == 10)
            let scores = try FrameScorer.score(judged.frames, model: model.model, workers: 2)
            let recalibration = try Recalibration(
                model: model, scores: PartScores.largest(scores, parts: judged.parts), images: scores.count, source: "",
                rule: TinyModel.rule)
            #expect(recalibration.calibration.n == 10 && recalibration.calibration.images == 30)
            let fitting = try TinyModel.fitting()
            let normal = try Self.plates(4000..<4024, to: folder.appendingPathComponent("normal"))
            let pictures = try fitting.pictures(normal: [normal], calibration: [many.path])
            #expect(pictures.calibration.count == 30 && pictures.parts.count == 10)
            let json = try DomainJSON.encoder().encode(recalibration.calibration)
            #expect(try DomainJSON.decoder().decode(Calibration.self, from: json) == recalibration.calibration)
        }
    }
}

@Suite struct WritablePlaceTests {
    @Test func an_unwritable_path_is_reported_before_anything_is_computed() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("file")
            try Data("x".utf8).write(to: file)
            for path in [file.path + "/model", "/proc/nowhere/plate.model"] {
                let error = #expect(throws: ProgramError.self) { try WritablePlace.check(file: path) }
                #expect(error?.status == .io && error?.message.contains("cannot write") == true, "\(path)")
            }
            #expect(throws: ProgramError.self) { try WritablePlace.check(file: folder.path) }
            try WritablePlace.check(file: folder.path + "/new/deep/plate.model")
            try WritablePlace.check(file: file.path)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
        }
    }
}
