import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// `inspectctl compare` on a data set of a few plates.
    @Suite struct Compare {
        private static func dataset(in folder: URL) throws -> String {
            let data = folder.appendingPathComponent("parts")
            _ = try Pictures.write(12, from: 10, to: data.appendingPathComponent("train/good"))
            _ = try Pictures.write(10, from: 40, to: data.appendingPathComponent("validation/good"))
            _ = try Pictures.write(6, from: 70, to: data.appendingPathComponent("test/good"))
            let paint = data.appendingPathComponent("test/paint")
            try FileManager.default.createDirectory(at: paint, withIntermediateDirectories: true)
            for index in 0..<4 {
                try Pictures.defective(index).write(to: paint.appendingPathComponent("\(index).jpg"))
            }
            return data.path
        }

        @Test func every_combination_is_measured_once_and_one_is_recommended() throws {
            try withTemporaryFolder { folder in
                let data = try Self.dataset(in: folder), reports = folder.appendingPathComponent("reports").path
                func compare(_ more: String...) throws -> ProgramRun {
                    try ProgramRun(
                        "inspectctl",
                        [
                            "compare", data, "--methods", "gaussian,patchcore", "--backbones", "efficientnet_b0",
                            "--input-sizes", "64,96", "--false-alarm-rate", "0.1", "--reports", reports,
                        ] + more, within: 240)
                }
                let first = try compare("--format", "json")
                let report = try first.object(), rows = try #require(report["rows"] as? [[String: Any]])
                #expect(rows.count == 4, "\(first.errors)")
                for row in rows {
                    #expect(row["failure"] == nil, "\(row)")
                    #expect((row["image_AUROC"] as? Double ?? 0) > 0.5)
                    #expect((row["frame_ms"] as? Double ?? 0) > 0 && (row["fit_seconds"] as? Double ?? 0) > 0)
                    #expect((row["fit_bytes"] as? Int ?? 0) > 1 << 24)
                }
                #expect((0..<4).contains(try #require(report["recommended"] as? Int)))
                // The second time nothing is evaluated: what is read is what was written.
                let kept = try compare()
                #expect(kept.errors.components(separatedBy: "evaluated before").count == 5, "\(kept.errors)")
                #expect(kept.output.contains("recommended: ") && kept.output.contains("efficientnet_b0"))
                // Another image makes every report stale.
                try Pictures.flawless(99).write(to: URL(fileURLWithPath: "\(data)/test/good/another.jpg"))
                #expect(try !compare("--methods", "gaussian").errors.contains("evaluated before"))
            }
        }

        @Test func a_combination_that_fails_is_named_and_the_others_go_on() throws {
            try withTemporaryFolder { folder in
                let data = try Self.dataset(in: folder)
                let run = try ProgramRun(
                    "inspectctl",
                    [
                        "compare", data, "--backbones", "efficientnet_b0", "--input-sizes", "64,1000",
                        "--false-alarm-rate", "0.001", "--reports", folder.appendingPathComponent("reports").path,
                    ], within: 240)
                #expect(run.status == 65, "\(run.errors)")
                #expect(run.output.contains("failed: gaussian on efficientnet_b0 at 64: a false-alarm rate of 0.001"))
                #expect(run.errors.contains("no combination could be evaluated"))
                let unknown = try ProgramRun("inspectctl", ["compare", data, "--methods", "gausian"])
                #expect(unknown.status == 64 && unknown.errors.contains("'gausian' is none of gaussian, "))
            }
        }
    }
}
