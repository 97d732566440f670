import Foundation
import Imaging
import InspectionDomain
import TestSupport

extension FieldCase {
    /// Images that every viewer opens, and some that none of ours does.
    static let pictures: [FieldCase] = [
        same("SOS parameters that sequential JPEG ignores", "j01_sos_ss0se0.jpg"),
        same("a stray byte between header segments", "j22_1byte_before_db.jpg"),
        same("a segment of the wrong length", "j27_app1_len_off.jpg"),
        same("padding before the end marker", "j03c_200zeros_before_eoi.jpg"),
        same("data of the camera behind the end marker", "j31_dhav_trailer.jpg"),
        FieldCase("no end marker, but every row", right: "truncated, without a wrong count of rows") {
            let record = try inspected(["j02_no_eoi.jpg"])[0]
            try expect(record.error?.code == "truncated", "\(record.verdict), \(record.error?.code ?? "no error")")
            try expect(record.error?.message.contains("270 of 288") == false, record.error?.message ?? "")
            return record.error?.message ?? ""
        },
        FieldCase(
            "valid kinds that are not read: DNL height, unknown chunk, PGM",
            right: "unsupported, named, with the camera's setting"
        ) {
            let records = try inspected(["j06_dnl_height0.jpg", "p18_unknown_critical.png", "f_pgm_hash.pgm"])
            let codes = records.map { $0.error?.code ?? "\($0.verdict)" }
            try expect(codes.allSatisfy { $0 == "unsupported" }, "codes \(codes)")
            return records.compactMap { $0.error?.message.prefix(50) }.joined(separator: " | ")
        },
        FieldCase("a text chunk with a wrong checksum", right: "decoded, with a remark") {
            let record = try inspected(["p01_text_badcrc.png"])[0]
            try expect(record.verdict != .error, record.error?.message ?? "")
            try expect(!record.remarks.isEmpty, "no remark")
            return record.remarks.joined(separator: "; ")
        },
        FieldCase(
            "transparent PNG: tRNS on grey, alpha 0 everywhere",
            right: "the visible image is inspected, with a remark"
        ) {
            let records = try inspected(["p03b_gray_trns_mode.png", "p08_rust_rgba_alpha0.png"])
            try expect(records.allSatisfy { !$0.remarks.isEmpty }, "remarks: \(records.map(\.remarks))")
            return records.flatMap(\.remarks).map { $0.prefix(60) }.joined(separator: " | ")
        },
    ]

    /// The image decodes to the same pixels as the unaltered one: it scores the same to the last bit.
    private static func same(_ situation: String, _ name: String) -> FieldCase {
        FieldCase(situation, right: "decoded, the same pixels as the unaltered image") {
            let records = try inspected(["j00_plain.jpg", name])
            try expect(records[1].verdict != .error, records[1].error?.message ?? "")
            try expect(
                records[0].imageScore == records[1].imageScore && records[0].regions == records[1].regions,
                "scores \(records[0].imageScore ?? .nan) and \(records[1].imageScore ?? .nan)")
            return "the same score" + (records[1].remarks.first.map { "; remark: \($0.prefix(70))" } ?? "")
        }
    }
}
