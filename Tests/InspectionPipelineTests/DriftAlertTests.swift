import Foundation
import InspectionDomain
import InspectionPipeline
import LinuxPlatform
import TestSupport
import Testing

/// What an operator hears of a calibration that does no longer hold.
@Suite(.serialized) struct DriftAlertTests {
    @Test func frames_that_change_bring_one_alert_with_since_when_and_what_to_do_also_across_a_restart() async throws {
        try await withTemporaryFolder { folder in
            let plant = try Plant(folder)
            // The same picture over and over: flawless, but nothing like the variety that was calibrated on.
            let still = try TinyFrames.jpeg(3)
            var sent = 0
            func send(_ count: Int) throws {
                for _ in 0..<count {
                    try plant.arrive(RawPath("still-\(sent).jpg"), still)
                    sent += 1
                }
            }
            func alerts() throws -> [Alert] {
                try plant.files(plant.spool / "alerts" / "new").map {
                    try DomainJSON.decoder().decode(Alert.self, from: FileSystem().read($0))
                }.filter { $0.kind == .calibrationExpired }
            }
            try send(8)
            try await plant.run { plant.isIdle }
            #expect(try alerts().isEmpty, "found in eight frames")
            // The next process goes on with what the first one saw.
            try send(400)
            try await plant.run { try plant.isIdle && !alerts().isEmpty }
            let found = try alerts()
            #expect(found.count == 1 && plant.log.count("has expired") == 1)
            let alert = try #require(found.first)
            #expect(alert.line == "plate" && alert.verdict == nil && alert.id.hasPrefix("calibration-plate-"))
            #expect(
                alert.message.contains("about since 20") && alert.message.contains("inspectctl calibrate --line plate"))
            let status = try #require(try DaemonStatus(of: plant.configuration).lines.first)
            #expect(status.calibrationExpiredSince != nil && status.problem == alert.message)

            // Said once, also by the next process.
            try send(20)
            try await plant.run { plant.isIdle }
            #expect(try alerts().count == 1 && plant.log.count("has expired") == 1)
        }
    }
}
