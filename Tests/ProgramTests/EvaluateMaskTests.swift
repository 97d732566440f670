import Foundation
import Imaging
import TestSupport
import Testing

extension ProgramTests {
    /// `inspectctl evaluate` on masks as other tools write them.
    @Suite struct EvaluateMasks {
        /// A data set of a few plates with painted defects, all with the same mask.
        private static func dataset(in shop: Workshop, mask: (Int) -> Data?) throws -> String {
            let folder = shop.root.appendingPathComponent("dataset")
            try? FileManager.default.removeItem(at: folder)
            _ = try Pictures.write(1, from: 10, to: folder.appendingPathComponent("train/good"))
            _ = try Pictures.write(3, from: 20, to: folder.appendingPathComponent("test/good"))
            for part in ["test/paint", "ground_truth/paint"] {
                try FileManager.default.createDirectory(
                    at: folder.appendingPathComponent(part), withIntermediateDirectories: true)
            }
            for index in 0..<3 {
                try Pictures.defective(index).write(to: folder.appendingPathComponent("test/paint/\(index).jpg"))
                try mask(index)?.write(to: folder.appendingPathComponent("ground_truth/paint/\(index)_mask.png"))
            }
            return folder.path
        }

        /// Two splashes, as `Pictures.defective` paints them, written by `pixel` as a row's bytes for true and false.
        private static func mask(_ colourType: UInt8, _ index: Int, _ pixel: (Bool) -> [UInt8]) -> MaskPNG {
            func isPainted(_ x: Int, _ y: Int) -> Bool {
                for (cx, cy) in [(35 + index, 40), (115 + index, 85)] {
                    let (dx, dy) = (x - cx, y - cy)
                    if dx * dx + dy * dy <= 144 { return true }
                }
                return false
            }
            let rows = (0..<120).map { y -> [UInt8] in (0..<160).flatMap { x in pixel(isPainted(x, y)) } }
            return MaskPNG(
                colourType, width: 160, chunks: colourType == 3 ? [("PLTE", [0, 0, 0, 0, 128, 0, 0, 0, 0])] : [],
                rows: rows)
        }

        @Test func the_same_defect_in_grey_colour_palette_and_alpha_gives_the_same_measures() throws {
            try Workshop.open { shop in
                let kinds: [(UInt8, (Bool) -> [UInt8])] = [
                    (0, { [$0 ? 255 : 0] }), (2, { [0, 0, $0 ? 1 : 0] }), (3, { [$0 ? 2 : 0] }),
                    (4, { [0, $0 ? 255 : 0] }), (6, { [255, 255, 255, $0 ? 255 : 0] }),
                ]
                var found: [String] = []
                for (type, pixel) in kinds {
                    let data = try Self.dataset(in: shop) { Self.mask(type, $0, pixel).data }
                    let run = try shop.control("evaluate", data, "--model", "plate", "--format", "json")
                    let report = try run.object()
                    found.append("\(report["pixel_F1Max"] ?? "none") \(report["AUPRO"] ?? "none")")
                    #expect((report["pixel_F1Max"] as? Double ?? 0) > 0.2, "\(run.errors)")
                    #expect((report["region_IoU"] as? Double ?? 0) > 0.1, "the regions miss the splashes")
                }
                #expect(Set(found).count == 1, "\(found)")
            }
        }

        @Test func masks_that_are_missing_empty_or_inverted_are_named_beside_the_measures() throws {
            try Workshop.open { shop in
                let data = try Self.dataset(in: shop) { index in
                    switch index {
                    case 0: nil
                    case 1: Self.mask(0, index) { _ in [0] }.data
                    default: Self.mask(0, index) { [$0 ? 0 : 255] }.data
                    }
                }
                let run = try shop.control("evaluate", data, "--model", "plate")
                #expect(run.status == 0, "\(run.errors)")
                let folder = "\(data)/ground_truth/paint"
                for words in [
                    "1 of 3 defective images have no mask", "expected \(folder)/0_mask.png or \(folder)/0.png",
                    "empty (no pixel above 0) and do not count in pixel measures: \(folder)/1_mask.png",
                    "inverted?: \(folder)/2_mask.png",
                ] { #expect(run.output.contains(words), "'\(words)' is not in: \(run.output)") }
            }
        }

        @Test func a_mask_of_another_image_is_refused_before_anything_is_computed() throws {
            try Workshop.open { shop in
                let data = try Self.dataset(in: shop) { _ in MaskPNG(0, rows: [[0, 1], [0, 0]]).data }
                let run = try shop.control("evaluate", data, "--model", "plate")
                #expect(run.status == 65 && run.errors.contains("0_mask.png has 2×2 pixels"), "\(run.errors)")
            }
        }
    }
}
