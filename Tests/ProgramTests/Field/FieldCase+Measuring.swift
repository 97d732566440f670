import Foundation
import Imaging
import InspectionDomain
import TestSupport

extension FieldCase {
    /// Evaluating and inspecting by hand.
    static let measuring: [FieldCase] = [
        FieldCase("masks in colour or with a palette", right: "any channel above 0 is defective") {
            var measured: [String: Double] = [:]
            for mask in ["grey", "blue", "green palette"] { measured[mask] = try pixelAUROC(mask) }
            try expect(Set(measured.values).count == 1, "\(measured)")
            return "pixel AUROC \(measured["grey"] ?? .nan) with each"
        },
        FieldCase("masks missing or under another name", right: "how many lack one, and which name was looked for") {
            try withDataset(masks: { _, _ in nil }) { folder in
                let run = try control(
                    ["evaluate", folder.path, "--false-alarm-rate", "0.15", "--input-size", "128"], within: 300)
                try expect((run.output + run.errors).contains("_mask.png"), "not told: \(run.output)\(run.errors)")
                return "told"
            }
        },
        FieldCase(
            "inspect --fail-on-anomaly meets an unreadable image", right: "never exit code 0; the rest is inspected"
        ) {
            try inWorkshop { shop in
                let folder = shop.root.appendingPathComponent("pictures")
                try write([try Pictures.flawless(1), Data("no image".utf8), try Pictures.flawless(2)], to: folder)
                let run = try control([
                    "inspect", folder.path, folder.appendingPathComponent("none.jpg").path, "--model", "plate",
                    "--fail-on-anomaly",
                    "--config", shop.configurationFile,
                ])
                try expect(run.status != 0, "exit code 0")
                let lines = run.output.split(separator: "\n").count
                try expect(lines >= 3, "\(lines) lines of output: \(run.errors)")
                return "exit code \(run.status), \(lines) records"
            }
        },
    ]

    /// A small data set with one kind of defect.
    private static func withDataset(
        masks: (_ width: Int, _ height: Int) throws -> Data?, _ body: (URL) throws -> String
    ) throws -> String {
        try withTemporaryFolder { folder in
            try write(try (0..<40).map { try Pictures.flawless($0) }, to: folder.appendingPathComponent("train/good"))
            try write(try (40..<48).map { try Pictures.flawless($0) }, to: folder.appendingPathComponent("test/good"))
            try write(try (0..<4).map { try Pictures.defective($0) }, to: folder.appendingPathComponent("test/paint"))
            let truth = folder.appendingPathComponent("ground_truth/paint")
            try FileManager.default.createDirectory(at: truth, withIntermediateDirectories: true)
            for index in 0..<4 {
                if let mask = try masks(160, 120) {
                    try mask.write(to: truth.appendingPathComponent("\(1000 + index)_mask.png"))
                }
            }
            return try body(folder)
        }
    }

    private static func pixelAUROC(_ kind: String) throws -> Double {
        let (width, height) = (160, 120)
        let inside = (0..<(width * height)).map { index -> Bool in
            let (x, y) = (index % width, index / width)
            return (23...55).contains(x) && (28...52).contains(y) || (103...135).contains(x) && (73...97).contains(y)
        }
        let mask: Data =
            switch kind {
            case "grey":
                try Frame(width: width, height: height, channels: 1, samples: .eight(inside.map { $0 ? 255 : 0 }))
                    .encodedPNG()
            case "blue":
                try Frame(
                    width: width, height: height, channels: 3, samples: .eight(inside.flatMap { [0, 0, $0 ? 255 : 0] })
                ).encodedPNG()
            default: palettePNG(inside, width: width)
            }
        var auroc = Double.nan
        _ = try withDataset(masks: { _, _ in mask }) { folder in
            let file = folder.appendingPathComponent("report.json")
            let run = try control(
                ["evaluate", folder.path, "--false-alarm-rate", "0.15", "--input-size", "128", "--json", file.path],
                within: 300)
            try expect(run.status == 0, run.errors)
            let report = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
            auroc = report?["pixel_AUROC"] as? Double ?? .nan
            return ""
        }
        return auroc
    }

    /// A palette PNG whose second colour is a dark green: its first channel is 0.
    private static func palettePNG(_ inside: [Bool], width: Int) -> Data {
        func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        func crc(_ bytes: [UInt8]) -> UInt32 {
            ~bytes.reduce(0xFFFF_FFFF as UInt32) { crc, byte in
                (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
                }
            }
        }
        func chunk(_ type: String, _ body: [UInt8]) -> [UInt8] {
            let content = Array(type.utf8) + body
            return bytes(UInt32(body.count)) + content + bytes(crc(content))
        }
        let height = inside.count / width
        var rows: [UInt8] = []
        for y in 0..<height {
            rows.append(0)
            for x in 0..<width { rows.append(inside[y * width + x] ? 1 : 0) }
        }
        // Stored blocks: no compression is needed for a test.
        var zlib: [UInt8] = [0x78, 0x01]
        var at = 0
        while at < rows.count {
            let count = min(65_535, rows.count - at)
            zlib += [
                at + count == rows.count ? 1 : 0, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255),
                UInt8(~count >> 8 & 255),
            ]
            zlib += rows[at..<(at + count)]
            at += count
        }
        var a: UInt32 = 1
        var b: UInt32 = 0
        for byte in rows {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        zlib += bytes(b << 16 | a)
        return Data(
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
                + chunk("IHDR", bytes(UInt32(width)) + bytes(UInt32(height)) + [8, 3, 0, 0, 0])
                + chunk("PLTE", [0, 0, 0, 0, 128, 0]) + chunk("IDAT", zlib) + chunk("IEND", []))
    }
}
