import Foundation
import InspectionDomain
import TestSupport
import Testing

extension ProgramTests {
    /// Frames as real cameras write them, through the real programs.
    @Suite struct UntidyFrames {
        @Test func an_untidy_frame_is_inspected_and_its_result_remarks_on_it() throws {
            try Workshop.open { shop in
                let untidy = [
                    "j01_sos_ss0se0.jpg", "j22_1byte_before_db.jpg", "j27_app1_len_off.jpg",
                    "j03c_200zeros_before_eoi.jpg",
                    "p01_text_badcrc.png", "p03b_gray_trns_mode.png", "p08_rust_rgba_alpha0.png",
                ]
                try shop.withDaemon { _ in
                    for name in untidy { try shop.drop(try FieldCases.data(name), as: name) }
                    try shop.drop(try FieldCases.data("j00_plain.jpg"), as: "j00_plain.jpg")
                    try shop.waitForResults(untidy.count + 1)
                }
                let plain = try shop.result(of: "j00_plain.jpg").inspection
                #expect(Self.ofTheFile(plain).isEmpty)
                for name in untidy {
                    let result = try shop.result(of: name).inspection
                    #expect(result.verdict != .error && !Self.ofTheFile(result).isEmpty, "\(name): \(result.remarks)")
                    // The same pixels, the same score.
                    if name.hasPrefix("j") { #expect(result.imageScore == plain.imageScore, "\(name)") }
                }
                #expect(
                    try shop.result(of: "p08_rust_rgba_alpha0.png").inspection.remarks.contains {
                        $0.contains("alpha is 0")
                    })
                #expect(try shop.history().contains { !$0.remarks.isEmpty })
                #expect(try shop.quarantine().isEmpty)
            }
        }

        /// Remarks on the file; the images are larger than those that the suite's model was fitted on, which is
        /// remarked on too.
        private static func ofTheFile(_ inspection: Inspection) -> [String] {
            inspection.remarks.filter { !$0.contains("the model was fitted on") }
        }

        @Test func a_frame_of_an_unsupported_kind_is_set_aside_with_what_to_set_on_the_camera() throws {
            try Workshop.open { shop in
                // A camera that writes PGM calls its files what the line takes for images.
                let kinds = ["j06_dnl_height0.jpg": "DNL", "p18_unknown_critical.png": "CAMx", "f_pgm_hash.pgm": "PGM"]
                try shop.withDaemon { _ in
                    for name in kinds.keys {
                        try shop.drop(
                            try FieldCases.data(name), as: name.replacingOccurrences(of: ".pgm", with: ".png"))
                    }
                    try shop.drop(try FieldCases.data("j02_no_eoi.jpg"), as: "j02_no_eoi.jpg")
                    try shop.waitForResults(kinds.count + 1)
                }
                let reasons = try shop.quarantine().map(\.value.error)
                #expect(reasons.count == kinds.count + 1)
                for (name, kind) in kinds {
                    let reason = try #require(reasons.first { $0.message.contains(kind) }, "\(name)")
                    #expect(reason.code == "unsupported" && reason.message.contains("set the camera to"))
                }
                let cut = try #require(reasons.first { $0.code == "truncated" })
                #expect(cut.message.contains("all 288 rows are there"))
            }
        }

        @Test func a_single_inspection_prints_the_remarks() throws {
            try Workshop.open { shop in
                let path = FieldCases.url.appendingPathComponent("p08_rust_rgba_alpha0.png").path
                let run = try shop.control("inspect", path, "--model", "plate")
                let printed = try run.json(Inspection.self)
                let remarks = Self.ofTheFile(printed)
                #expect(remarks.count == 1 && remarks[0].contains("alpha is 0 everywhere"))
                #expect(run.output.contains("\"remarks\":["))
            }
        }
    }
}
