import DetectionCore
import Foundation
import Imaging
import InspectionDomain
import SeededRandom
import TestSupport
import Testing

/// The checks of images before a fit.
@Suite struct TrainingDataTests {
    static func judged(
        _ frames: [Frame], options: TrainingDataOptions = TrainingDataOptions()
    ) throws -> TrainingData {
        try NearDuplicateTests.with(frames) { try TrainingData($0, options: options, workers: 2) }
    }

    static func parts(_ count: Int, seed: UInt64 = 3) -> [Frame] {
        NearDuplicateTests.pictures(parts: count, exposures: 1, seed: seed)
    }

    enum Flat: String, CaseIterable {
        case black, white, grey, coloured, blackOf16Bits, noiseInTheDark, noiseOnGrey, withHotPixels

        func frame(_ seed: UInt64) -> Frame {
            var random = SplitMix64(seed: seed)
            let (side, count) = (96, 96 * 96)
            func grey(_ values: [UInt8]) -> Frame {
                Frame(width: side, height: side, channels: 1, samples: .eight(values))
            }
            switch self {
            case .black: return grey([UInt8](repeating: 0, count: count))
            case .white: return grey([UInt8](repeating: 255, count: count))
            case .grey: return grey([UInt8](repeating: 128, count: count))
            case .coloured:
                let pixels: [UInt8] = (0..<3 * count).map { $0 % 3 == 0 ? 200 : 30 }
                return Frame(width: side, height: side, channels: 3, samples: .eight(pixels))
            case .blackOf16Bits:
                return Frame(
                    width: side, height: side, channels: 1, samples: .sixteen([UInt16](repeating: 12, count: count)))
            case .noiseInTheDark: return grey((0..<count).map { _ in UInt8(random.uniform(0, 5)) })
            case .noiseOnGrey: return grey((0..<count).map { _ in UInt8(random.uniform(118, 128)) })
            case .withHotPixels:
                var values = [UInt8](repeating: 3, count: count)
                for _ in 0..<6 { values[Int.random(in: 0..<count, using: &random)] = 255 }
                return grey(values)
            }
        }
    }

    @Test(arguments: Flat.allCases) func images_without_contrast_are_refused_with_their_number_and_names(
        _ kind: Flat
    ) throws {
        let data = try Self.judged(Self.parts(20) + (0..<3).map { kind.frame(UInt64($0)) })
        if kind != .blackOf16Bits { #expect(data.flat == [20, 21, 22]) }
        let reason = try #require(data.refusals.first { $0.contains("no contrast") })
        #expect(reason.hasPrefix("3 of 23 images have no contrast") && reason.contains("1021.png"), "\(reason)")
        let all = try Self.judged((0..<30).map { kind.frame(UInt64($0)) })
        #expect(all.flat.count == 30 && all.refusals.contains { $0.hasPrefix("30 of 30 images have no contrast") })
    }

    @Test func even_surfaces_in_usual_light_and_small_parts_on_black_have_contrast() throws {
        var random = SplitMix64(seed: 8)
        let (side, count) = (128, 128 * 128)
        let frames = (0..<12).map { _ in
            // A matt sheet under a lamp at one side: three grey levels from edge to edge, and noise.
            let pixels = (0..<count).map { place in
                UInt8(120 + 6 * Float(place % side) / Float(side) + random.uniform(-1.5, 1.5))
            }
            return Frame(width: side, height: side, channels: 1, samples: .eight(pixels))
        }
        let small = (0..<12).map { index -> Frame in
            var pixels = [UInt8](repeating: 2, count: count)
            for place in pixels.indices
            where (60..<68).contains(place % side) && (40 + index..<48 + index).contains(place / side) {
                pixels[place] = UInt8(random.uniform(120, 220))
            }
            return Frame(width: side, height: side, channels: 1, samples: .eight(pixels))
        }
        #expect(try Self.judged(frames).flat.isEmpty && Self.judged(small).flat.isEmpty)
    }

    @Test func copies_under_other_names_and_encodings_and_exposures_of_a_still_scene_are_one_part() throws {
        let frame = Self.parts(1)[0]
        #expect(try Self.judged([Frame](repeating: frame, count: 30)).parts == [Array(0..<30)])
        // The same image compressed repeatedly, and from a camera on which nothing moves.
        let encoded = try stride(from: 60, to: 96, by: 5).map { try Frame.decode(frame.encodedJPEG(quality: $0)) }
        #expect(try Self.judged(encoded).parts.count == 1)
        var random = SplitMix64(seed: 4)
        let still = (0..<20).map { _ -> Frame in
            guard case .eight(var values) = frame.samples else { return frame }
            for index in values.indices {
                values[index] = UInt8(min(255, max(0, Float(values[index]) + random.uniform(-3, 3))))
            }
            return Frame(width: frame.width, height: frame.height, channels: 1, samples: .eight(values))
        }
        #expect(try Self.judged(still).parts.count == 1)
        // And many images of few parts are as many parts.
        let few = Self.parts(5).flatMap { [Frame](repeating: $0, count: 6) }
        #expect(try Self.judged(few).parts == (0..<5).map { Array($0 * 6..<($0 + 1) * 6) })
    }

    @Test func different_parts_of_one_product_are_counted_each() throws {
        #expect(try Self.judged(Self.parts(40)).parts.count == 40)
    }

    @Test func calibration_images_that_were_fitted_on_are_named_in_pairs() throws {
        let known = Self.parts(30)
        let fitting = try NearDuplicateTests.with(known) { try TrainingData($0, workers: 2) }.profiles
        let other = try NearDuplicateTests.with(Self.parts(20, seed: 77)) { try TrainingData($0, workers: 2) }.profiles
        #expect(TrainingData.leakage(fitting: fitting, calibration: other) == nil)
        // A copy, and the same image encoded anew.
        let again = try Frame.decode(known[4].encodedJPEG(quality: 80))
        let shared = try NearDuplicateTests.with([known[7], again]) { try TrainingData($0, workers: 2) }.profiles
        let reason = try #require(TrainingData.leakage(fitting: fitting, calibration: other + shared))
        #expect(reason.hasPrefix("2 of 22 calibration images are not independent"), "\(reason)")
        #expect(
            reason.contains("1000.png = ") && reason.contains("/1007.png") && reason.contains("/1004.png"), "\(reason)")
    }

    @Test func a_record_of_the_images_fitted_on_recognises_them_after_it_was_stored() throws {
        let known = Self.parts(20)
        let fitting = try NearDuplicateTests.with(known) { try TrainingData($0, workers: 2) }.profiles
        let record = try #require(try TrainingRecord.decode(TrainingRecord(fitting).encoded(), name: "training"))
        #expect(record.images.map(\.name) == fitting.map(\.path))
        let images = try NearDuplicateTests.with(Self.parts(6, seed: 91) + [known[3]]) {
            try TrainingData($0, workers: 2)
        }.profiles
        let shared = SameParts.shared(fitting: record.images.map(\.print), calibration: images.map(\.print))
        #expect(shared == [SameParts.Shared(fitting: 3, calibration: 6, isCopy: true)])
        var damaged = try TrainingRecord(fitting).encoded()
        damaged.removeLast(2000)
        #expect(throws: (any Error).self) { try TrainingRecord.decode(damaged, name: "training") }
    }

    @Test func images_unlike_the_rest_are_named_and_kept_on_demand() throws {
        let strange = (0..<3).map { index -> Frame in
            let pixels = (0..<64 * 64).map { place -> UInt8 in
                (place / 512 + place % 64 / 8 + index) % 2 == 0 ? 240 : 20
            }
            return Frame(width: 64, height: 64, channels: 1, samples: .eight(pixels.map { min($0, 239) }))
        }
        let frames = Self.parts(37) + strange
        let data = try Self.judged(frames)
        let reason = try #require(data.refusals.first { $0.contains("are unlike the rest") })
        #expect(reason.hasPrefix("these 3 of 40 images") && reason.contains("1039.png"), "\(reason)")
        var options = TrainingDataOptions()
        options.keepsOutliers = true
        let kept = try Self.judged(frames, options: options)
        #expect(!kept.refusals.contains { $0.contains("unlike") })
        #expect(kept.remarks.contains { $0.contains("1039.png") })
        #expect(try Self.judged(Self.parts(40)).refusals.isEmpty)
    }

    @Test func every_unreadable_image_is_named_at_once_or_skipped() throws {
        try withTemporaryFolder { folder in
            try write(Self.parts(12), to: folder)
            for name in ["1001.png", "1005.png"] {
                try Data("no image".utf8).write(to: folder.appendingPathComponent(name))
            }
            let source = try FrameSource(folders: [folder.path])
            let data = try TrainingData(source, workers: 2)
            let reason = try #require(data.refusals.first)
            #expect(reason.hasPrefix("2 of 12 images cannot be read"), "\(reason)")
            #expect(reason.contains("1001.png") && reason.contains("1005.png") && reason.contains("--skip-unreadable"))
            var options = TrainingDataOptions()
            options.skipsUnreadable = true
            let rest = try TrainingData(source, options: options, workers: 2)
            #expect(rest.refusals.isEmpty && rest.source.count == 10 && rest.profiles.count == 10)
            #expect(rest.remarks.contains { $0.hasPrefix("2 of 12 images cannot be read and are skipped") })
        }
    }
}

/// Folders that hold more than flawless images.
@Suite struct FolderLayoutTests {
    private static func write(_ places: [String: Int], to folder: URL) throws {
        var seed: UInt64 = 20
        for (place, count) in places.sorted(by: { $0.key < $1.key }) {
            seed += 1
            let target = folder.appendingPathComponent(place)
            try TestSupport.write(TrainingDataTests.parts(count, seed: seed), to: target)
        }
    }

    private static func refusal(_ places: [String: Int], named: String = "") throws -> String? {
        try withTemporaryFolder { folder in
            try write(places, to: folder)
            let path = named.isEmpty ? folder.path : folder.appendingPathComponent(named).path
            let data = try TrainingData(try FrameSource(folders: [path]), folders: [path], workers: 2)
            return data.refusals.first { $0.contains("not all folders hold flawless images") }
                .map { $0.replacingOccurrences(of: folder.path, with: "DIR") }
        }
    }

    private static let dataset = ["train/good": 6, "test/good": 2, "test/scratch": 3, "ground_truth/scratch": 3]

    @Test func a_data_set_given_as_a_whole_is_refused_and_its_flawless_part_is_named() throws {
        let reason = try #require(try Self.refusal(Self.dataset))
        #expect(reason.contains("DIR/test holds 5 test images"), "\(reason)")
        #expect(reason.contains("DIR/ground_truth holds 3 masks"), "\(reason)")
        #expect(reason.contains("give DIR/train/good instead"), "\(reason)")
    }

    @Test func a_folder_of_several_categories_is_refused_too() throws {
        let nested = Dictionary(uniqueKeysWithValues: Self.dataset.map { ("bottle/\($0.key)", $0.value) })
        let reason = try #require(try Self.refusal(nested))
        #expect(reason.contains("DIR/bottle/test holds 5") && reason.contains("DIR/bottle/train/good"), "\(reason)")
    }

    @Test(arguments: ["test", "test/scratch", "ground_truth", "ground_truth/scratch"])
    func a_folder_within_a_data_set_that_holds_no_flawless_images_is_refused(_ named: String) throws {
        let reason = try #require(try Self.refusal(Self.dataset, named: named))
        #expect(reason.contains("DIR/\(named) holds"), "\(reason)")
    }

    @Test(arguments: ["train", "train/good", "test/good"])
    func a_folder_within_a_data_set_that_holds_flawless_images_is_taken(_ named: String) throws {
        #expect(try Self.refusal(Self.dataset, named: named) == nil)
    }

    @Test(arguments: ["defects", "NG", "1.abnormal", "masks"])
    func subfolders_named_for_defects_or_masks_are_refused(_ name: String) throws {
        let reason = try #require(try Self.refusal(["monday": 5, name: 2]))
        #expect(reason.contains("DIR/\(name) holds 2"), "\(reason)")
    }

    @Test func subfolders_of_other_names_are_taken() throws {
        #expect(try Self.refusal(["monday": 5, "test": 2, "camera 2/latest": 2]) == nil)
    }

    @Test func masks_among_images_are_known_by_their_two_values() throws {
        var drawn = DrawnParts(seed: 1)
        let frames = drawn.part(exposures: 1) + TrainingDataTests.parts(9) + [drawn.mask]
        let data = try TrainingDataTests.judged(frames)
        #expect(data.masks == [10])
        #expect(data.refusals.contains { $0.contains("as masks have") && $0.contains("1010.png") })
    }
}

/// Cameras of 10, 12 and 14 bits whose values lie unscaled in files of 16 bits.
@Suite struct IntensityTests {
    @Test(arguments: [
        (200, 8), (1000, 10), (1023, 10), (1024, 12), (4095, 12), (16_000, 14), (16_384, 16), (65_535, 16),
    ])
    func the_fewest_bits_that_hold_every_value_are_in_use(_ highest: Int, _ bits: Int) {
        let range = IntensitySetting.auto.range(bitDepth: 16, highest: highest)
        #expect(range == IntensityRange(low: 0, high: (1 << bits) - 1, bitDepth: 16))
    }

    @Test func files_of_8_bits_are_taken_as_they_are() {
        for setting in [IntensitySetting.auto, .bits(8), .bits(12)] {
            #expect(setting.range(bitDepth: 8, highest: 90).isWhole)
        }
        #expect(IntensitySetting.range(10, 200).range(bitDepth: 8, highest: 90).low == 10)
    }

    @Test func settings_are_read_as_people_write_them() {
        #expect(IntensitySetting("auto") == .auto && IntensitySetting("12bit") == .bits(12))
        #expect(IntensitySetting("64-4095") == .range(64, 4095) && IntensitySetting("[64, 4095]") == .range(64, 4095))
        for wrong in ["", "7bit", "17bit", "4095-64", "0-70000", "12", "[1]", "a-b", "-1-5"] {
            #expect(IntensitySetting(wrong) == nil, "\(wrong)")
        }
    }

    @Test func a_range_is_stretched_to_everything_and_held_at_its_ends() {
        let frame = Frame(width: 5, height: 1, channels: 1, samples: .sixteen([0, 64, 2079, 4095, 5000]))
        let stretched = frame.stretched(IntensityRange(low: 64, high: 4095, bitDepth: 16))
        #expect(stretched.samples == .sixteen([0, 0, 32759, 65535, 65535]))
        #expect(frame.stretched(.whole(16)) == frame && frame.stretched(.whole(8)) == frame)
        let eight = Frame(width: 3, height: 1, channels: 1, samples: .eight([10, 110, 250]))
        #expect(eight.stretched(IntensityRange(low: 10, high: 210, bitDepth: 8)).samples == .eight([0, 128, 255]))
        #expect(eight.extremes == (10, 250))
    }

    @Test func the_range_in_use_is_measured_over_all_images() throws {
        let frames = TrainingDataTests.parts(10).map { frame -> Frame in
            guard case .eight(let values) = frame.samples else { return frame }
            return Frame(
                width: frame.width, height: frame.height, channels: 1,
                samples: .sixteen(values.map { UInt16(Int($0) * 4095 / 255) }))
        }
        let data = try TrainingDataTests.judged(frames)
        #expect(data.intensity == IntensityRange(low: 0, high: 4095, bitDepth: 16))
        #expect(data.refusals.isEmpty && data.remarks.contains { $0.contains("0…4095 (12 bit)") })
        var options = TrainingDataOptions()
        options.intensity = .bits(10)
        #expect(
            try TrainingDataTests.judged(frames, options: options).remarks.contains {
                $0.contains("values outside 0…1023")
            })
    }
}

@Suite struct PartCountTests {
    @Test func a_part_counts_once_with_the_largest_of_its_scores() throws {
        func score(_ image: Double, _ map: Double) -> FrameScore {
            FrameScore(path: "", imageScore: image, mapMaximum: map, map: nil)
        }
        let scores = [score(3, 1), score(1, 9), score(2, 2)]
        let parts = PartScores.largest(scores, parts: [[0, 1], [2]])
        #expect(parts.map(\.image) == [3, 2] && parts.map(\.mapMaximum) == [9, 2])
        let error = #expect(throws: CalibrationRule.TooFewImages.self) {
            try CalibrationRule.expected(rate: 0.1).k(ofParts: 5, images: 140)
        }
        #expect(error?.description.contains("needs calibration images of 9 parts, there are 5: the 140 images") == true)
    }

    @Test func more_is_held_out_when_a_fifth_shows_too_few_parts() throws {
        let frames = NearDuplicateTests.pictures(parts: 20, exposures: 3)
        let data = try TrainingDataTests.judged(frames)
        let prints = data.profiles.map(\.print)
        let usual = try NearDuplicates.split(prints, parts: data.parts, needed: 4, share: 0.2, seed: 1)
        #expect((12...15).contains(usual.calibration.count))
        let more = try NearDuplicates.split(prints, parts: data.parts, needed: 9, share: 0.2, seed: 1)
        #expect(Set(more.calibration.map { $0 / 3 }).count == 9 && more.calibration.count == 27)
        // More than half of the images is never held out.
        let toomuch = try NearDuplicates.split(prints, parts: data.parts, needed: 15, share: 0.2, seed: 1)
        #expect(toomuch == usual)
    }

    @Test(arguments: [0.0, -0.0]) func a_threshold_of_zero_is_never_made(_ score: Double) throws {
        let zeros = [Double](repeating: score, count: 30)
        let error = #expect(throws: ModelError.self) {
            try CalibrationTests.calibration(zeros, maxima: CalibrationTests.ramp(30), rule: .expected(rate: 0.1))
        }
        #expect(
            error?.message.contains("image threshold is") == true && error?.message.contains("dataset check") == true)
        #expect(throws: ModelError.self) {
            try CalibrationTests.calibration(CalibrationTests.ramp(30), maxima: zeros, rule: .expected(rate: 0.1))
        }
    }

    @Test func a_stored_threshold_of_zero_is_refused_with_a_remedy() throws {
        let good = try CalibrationTests.calibration(CalibrationTests.ramp(30), rule: .expected(rate: 0.1))
        let data = try DomainJSON.encoder().encode(good)
        var fields = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        fields["image_scores"] = [Double](repeating: 0, count: 30)
        fields["image_threshold"] = 0
        let old = try JSONSerialization.data(withJSONObject: fields)
        let error = #expect(throws: ModelError.self) { try DomainJSON.decoder().decode(Calibration.self, from: old) }
        #expect(error?.message.contains("is unusable") == true && error?.message.contains("--rollback") == true)
    }
}
