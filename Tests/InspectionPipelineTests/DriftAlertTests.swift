import Foundation
import InspectionDomain
import InspectionPipeline
import LinuxPlatform
import TestSupport
import Testing

/// The alert about a calibration that no longer holds.
@Suite(.serialized) struct DriftAlertTests {
    @Test func drifted_frames_bring_one_alert_with_time_and_remedy_even_across_a_restart() async throws {
        try await withTemporaryFolder { folder in
            let plant = try Plant(folder)
            // The same frame over and over: flawless, but without the variety of the calibration images.
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
            // The next process continues with the first one's observations.
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

            // Logged once, also across processes.
            try send(20)
            try await plant.run { plant.isIdle }
            #expect(try alerts().count == 1 && plant.log.count("has expired") == 1)
        }
    }
}
