import DetectionCore
import Foundation
import Imaging
import TestSupport
import Testing

/// Masks as the tools of the trade write them.
@Suite struct DefectMaskTests {
    private static let cases = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/cases")

    private func defective(_ png: MaskPNG) throws -> [Bool] { try DefectMask(png: png.data).isDefective }

    @Test func a_palette_s_class_is_defective_whatever_its_colour() throws {
        let mask = try DefectMask(path: Self.cases.appendingPathComponent("mask_voc_class2_green.png").path)
        #expect(mask.width == 384 && mask.height == 288)
        // Its first channel is 0 everywhere: class 2 is green.
        let seen = try Frame.decode(Data(contentsOf: Self.cases.appendingPathComponent("mask_voc_class2_green.png")))
        guard case .eight(let samples) = seen.samples else { return }
        let coloured = (0..<(seen.width * seen.height)).map { samples[$0 * 3 + 1] > 0 }
        #expect(mask.isDefective == coloured && mask.share > 0)
    }

    @Test func a_colour_mask_counts_in_any_channel() throws {
        let mask = try DefectMask(path: Self.cases.appendingPathComponent("mask_blue_rgb.png").path)
        #expect(mask.share > 0 && mask.share < 0.5)
        #expect(try defective(MaskPNG(2, rows: [[0, 0, 1, 0, 9, 0, 0, 0, 0]])) == [true, true, false])
    }

    @Test func a_palette_s_border_and_black_entries_are_defective_by_their_index() throws {
        // Four entries, all black: the index is the label.
        let palette = ("PLTE", [UInt8](repeating: 0, count: 12))
        #expect(
            try defective(MaskPNG(3, chunks: [palette], rows: [[0, 1, 2, 3]])) == [false, true, true, true])
        // Two bits a pixel: 0, 1, 2, 3 in one byte.
        #expect(
            try defective(MaskPNG(3, width: 4, depth: 2, chunks: [palette], rows: [[0b00_01_10_11]]))
                == [false, true, true, true])
        let whole = ("PLTE", (0..<768).map { UInt8($0 / 3) })
        #expect(try defective(MaskPNG(3, chunks: [whole], rows: [[0, 255]])) == [false, true])
        // Whether an entry is transparent says nothing about its class.
        #expect(
            try defective(MaskPNG(3, chunks: [palette, ("tRNS", [255, 0])], rows: [[0, 1]])) == [false, true])
    }

    @Test func grey_of_one_bit_and_of_sixteen_counts_from_its_smallest_value_on() throws {
        #expect(
            try defective(MaskPNG(0, width: 8, depth: 1, rows: [[0b1010_0001]]))
                == [true, false, true, false, false, false, false, true])
        #expect(try defective(MaskPNG(0, width: 3, depth: 16, rows: [[0, 0, 0, 1, 1, 0]])) == [false, true, true])
        #expect(try defective(MaskPNG(0, rows: [[0, 1, 255]])) == [false, true, true])
    }

    @Test func a_shape_in_the_alpha_channel_alone_is_the_defect() throws {
        // White, transparent where nothing is wrong.
        let white: [UInt8] = [255, 255, 255, 0, 255, 255, 255, 255, 255, 255, 255, 128]
        #expect(try defective(MaskPNG(6, rows: [white])) == [false, true, true])
        // Black, likewise; and grey with alpha.
        #expect(try defective(MaskPNG(6, rows: [[0, 0, 0, 0, 0, 0, 0, 255]])) == [false, true])
        #expect(try defective(MaskPNG(4, rows: [[0, 0, 0, 255]])) == [false, true])
    }

    @Test func colours_decide_if_alpha_is_uniform_and_hidden_colours_do_not_count() throws {
        #expect(try defective(MaskPNG(6, rows: [[0, 0, 0, 255, 0, 7, 0, 255]])) == [false, true])
        #expect(try defective(MaskPNG(6, rows: [[0, 0, 0, 0, 0, 7, 0, 0]])) == [false, true])
        // A visible black background, a visible defect, and a hidden remainder.
        let rows: [UInt8] = [0, 0, 0, 255, 0, 0, 9, 255, 200, 200, 200, 0]
        #expect(try defective(MaskPNG(6, rows: [rows])) == [false, true, false])
        #expect(try defective(MaskPNG(4, rows: [[0, 255, 9, 255, 9, 0]])) == [false, true, false])
    }

    @Test func a_jpeg_is_no_mask_because_its_values_are_not_exact() throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("a_mask.png").path
            try Frame(width: 8, height: 8, channels: 1, samples: .eight([UInt8](repeating: 0, count: 64)))
                .encodedJPEG(quality: 90).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: FrameSource.Unreadable.self) { try DefectMask(path: path) }
            #expect(error?.reason.contains("a mask must be a PNG") == true, "\(error?.reason ?? "")")
        }
    }
}

/// The quality of a data set's masks is reported before a fit.
@Suite struct MaskReportTests {
    /// Three defective images of 24×16 with the given masks, by file name below `ground_truth/scratch`.
    private func dataset(_ masks: [String: MaskPNG], _ body: (Dataset, String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let picture = MaskPNG(0, rows: [[UInt8]](repeating: [UInt8](repeating: 90, count: 24), count: 16)).data
            func put(_ data: Data, _ path: String) throws {
                let file = folder.appendingPathComponent(path)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try data.write(to: file)
            }
            for path in ["train/good/0.png", "test/good/0.png"] { try put(picture, path) }
            for name in ["a", "b", "c"] { try put(picture, "test/scratch/\(name).png") }
            for (name, mask) in masks { try put(mask.data, "ground_truth/scratch/\(name)") }
            try body(try Dataset(folder: folder.path), folder.path)
        }
    }

    private func mask(_ width: Int, _ height: Int, _ value: UInt8 = 0) -> MaskPNG {
        MaskPNG(0, rows: [[UInt8]](repeating: [UInt8](repeating: value, count: width), count: height))
    }

    @Test func missing_masks_are_counted_with_their_expected_names() throws {
        try dataset(["a_mask.png": mask(24, 16), "b-label.png": mask(24, 16)]) { data, folder in
            let report = try data.checkMasks()
            #expect(report.defective == 3 && report.missing == 2 && report.foundInstead == "a_mask.png")
            let text = report.remarks.joined()
            #expect(text.contains("2 of 3 defective images have no mask"), "\(text)")
            #expect(text.contains("\(folder)/ground_truth/scratch/b_mask.png or "), "\(text)")
            #expect(text.contains("\(folder)/ground_truth/scratch/b.png"), "\(text)")
        }
        try dataset([:]) { data, _ in
            let report = try data.checkMasks()
            #expect(report.missing == 3)
        }
    }

    @Test func a_mask_may_have_its_image_s_own_name() throws {
        try dataset(["a.png": mask(24, 16), "b.png": mask(24, 16), "c_mask.png": mask(24, 16)]) { data, _ in
            let report = try data.checkMasks()
            #expect(report.missing == 0)
            #expect(data.test.filter(\.isAnomalous).compactMap(\.mask).count == 3)
        }
    }

    @Test func a_mask_that_cannot_belong_to_its_image_is_refused_by_name() throws {
        // Another shape; the image turned.
        for foreign in [mask(24, 17), mask(16, 24), mask(48, 33)] {
            try dataset(["a_mask.png": foreign, "b_mask.png": mask(24, 16)]) { data, folder in
                let error = #expect(throws: Dataset.ForeignMasks.self) { try data.checkMasks() }
                let text = error?.description ?? ""
                #expect(text.contains("\(folder)/ground_truth/scratch/a_mask.png has"), "\(text)")
                #expect(text.contains("a.png has 24×16") && !text.contains("b_mask.png"), "\(text)")
            }
        }
        try dataset(["a_mask.png": mask(48, 32)]) { data, _ in
            let report = try data.checkMasks()
            #expect(report.scaled.count == 1)
        }
    }
}
