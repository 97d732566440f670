import Foundation
import Testing

extension ProgramTests {
    /// Maintenance: new thresholds while the daemon runs.
    @Suite struct Calibrate {
        private struct Report: Decodable {
            struct Thresholds: Decodable {
                let calibration: String
                let image, pixel: Double
                let n: Int
            }
            let old, new: Thresholds
            let applied: Bool
            let framesCompared: Int

            enum CodingKeys: String, CodingKey {
                case old, new, applied
                case framesCompared = "frames_compared"
            }
        }

        /// Flawless frames under another light than the model was calibrated on: their thresholds are others.
        private static func thisWeek(_ shop: Workshop, _ count: Int = 24) throws -> String {
            try Pictures.write(count, from: 3000, to: shop.root.appendingPathComponent("this-week"))
        }

        @Test func a_dry_run_shows_old_and_new_thresholds_and_changes_nothing() throws {
            try Workshop.open { shop in
                let folder = try Self.thisWeek(shop)
                try shop.withDaemon { _ in
                    for index in 0..<4 { try shop.drop(try Pictures.flawless(index), as: "\(index).jpg") }
                    try shop.drop(try Pictures.defective(4), as: "defective.jpg")
                    try shop.waitForResults(5)
                    let models = shop.state.appendingPathComponent("models")
                    let before = try shop.contents(of: models)
                    let run = try shop.control(
                        "calibrate", "--line", "plate", "--normal", folder, "--dry-run", "--format", "json")
                    #expect(run.status == 0, "\(run.errors)")
                    let report = try run.json(Report.self)
                    let deciding = try shop.result(of: "0.jpg").inspection
                    #expect(report.old.calibration == deciding.calibration?.id)
                    #expect(report.old.image == deciding.imageThreshold && report.old.pixel == deciding.pixelThreshold)
                    #expect(report.new.image != report.old.image && report.new.n == 24 && !report.applied)
                    #expect(report.framesCompared == 5)

                    let text = try shop.control("calibrate", "--line", "plate", "--normal", folder, "--dry-run")
                    #expect(text.status == 0)
                    for word in ["old", "new", "nothing was changed", "of the last 5 frames", "promise:"] {
                        #expect(text.output.contains(word), "'\(word)' is not in: \(text.output)")
                    }
                    #expect(try shop.contents(of: models) == before)
                }
            }
        }

        @Test func a_calibration_and_its_rollback_decide_in_the_running_daemon_from_the_next_frame_on() throws {
            try Workshop.open { shop in
                let folder = try Self.thisWeek(shop)
                try shop.withDaemon { daemon in
                    let pid = daemon.pid
                    try shop.drop(try Pictures.flawless(1), as: "before.jpg")
                    let before = try shop.result(of: "before.jpg").inspection

                    let run = try shop.control(
                        "calibrate", "--line", "plate", "--normal", folder, "--format", "json")
                    #expect(run.status == 0, "\(run.errors)")
                    let report = try run.json(Report.self)
                    #expect(report.applied && report.old.calibration == before.calibration?.id)
                    try shop.drop(try Pictures.flawless(2), as: "after.jpg")
                    let after = try shop.result(of: "after.jpg").inspection
                    #expect(after.calibration?.id == report.new.calibration)
                    #expect(after.calibration?.id != before.calibration?.id && after.calibration?.n == 24)
                    #expect(after.imageThreshold == report.new.image && after.pixelThreshold == report.new.pixel)
                    #expect(after.imageThreshold != before.imageThreshold)
                    #expect(after.model == before.model)

                    let back = try shop.control("calibrate", "--line", "plate", "--rollback")
                    #expect(back.status == 0, "\(back.errors)")
                    try shop.drop(try Pictures.flawless(3), as: "rolled-back.jpg")
                    let last = try shop.result(of: "rolled-back.jpg").inspection
                    #expect(last.calibration == before.calibration && last.imageThreshold == before.imageThreshold)
                    #expect(daemon.isRunning && daemon.pid == pid)
                }
                let again = try shop.control("calibrate", "--line", "plate", "--rollback")
                #expect(again.status == 65 && again.errors.contains("no earlier calibration"), "\(again.errors)")
            }
        }

        @Test func too_few_images_are_refused_with_the_number_that_is_needed() throws {
            try Workshop.open { shop in
                let folder = try Self.thisWeek(shop, 5)
                let before = try shop.contents(of: shop.state)
                let run = try shop.control("calibrate", "--line", "plate", "--normal", folder)
                #expect(run.status == 65)
                #expect(run.errors.contains("needs 19 calibration images, there are 5"), "\(run.errors)")
                let strict = try shop.control(
                    "calibrate", "--line", "plate", "--normal", folder, "--false-alarm-rate", "0.01", "--confidence",
                    "0.95")
                #expect(strict.status == 65)
                #expect(strict.errors.contains("needs 299 calibration images"), "\(strict.errors)")
                #expect(try shop.contents(of: shop.state) == before)
            }
        }

        @Test func archived_frames_that_were_called_normal_can_be_calibrated_on() throws {
            try Workshop.open { shop in
                try shop.withDaemon { _ in
                    for index in 0..<26 { try shop.drop(try Pictures.flawless(100 + index), as: "\(index).jpg") }
                    for index in 0..<3 { try shop.drop(try Pictures.defective(200 + index), as: "bad-\(index).jpg") }
                    try shop.waitForResults(29)
                    let normal = try shop.results().count { $0.inspection.verdict == .normal }
                    let run = try shop.control(
                        "calibrate", "--line", "plate", "--from-history", "1d", "--format", "json")
                    #expect(run.status == 0, "\(run.errors)")
                    #expect(try run.json(Report.self).new.n == normal)
                }
            }
        }
    }
}
