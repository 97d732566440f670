import Foundation
import InspectionDomain
import Spooling
import Testing

#if DEBUG
    private let isDebug = true
#else
    private let isDebug = false
#endif

extension ProgramTests {
    /// The daemon dies at each step of a frame's life in turn. Crash points are in debug builds only:
    /// `make crash-test` builds one and runs these.
    @Suite(.enabled(if: isDebug, "crash points are in debug builds only: make crash-test")) struct CrashPoints {
        /// What a frame must be for its life to come by a point.
        private struct Life {
            var after = "archive"
            var isBroken = false
        }

        private static func lives(through point: CrashPoint) -> [Life] {
            switch point {
            case .reasonWritten: [Life(isBroken: true), Life(after: "keep", isBroken: true)]
            case .examined: [Life(), Life(after: "keep")]
            case .frameTaken: [Life(), Life(isBroken: true)]
            default: [Life(), Life(after: "keep"), Life(after: "delete"), Life(isBroken: true)]
            }
        }

        /// Starts a daemon that kills itself at a point, and waits for that.
        private static func die(at point: CrashPoint, _ shop: Workshop) throws {
            let log = shop.root.appendingPathComponent("dying.log")
            let daemon = try RunningDaemon(
                configuration: shop.configurationFile, logFile: log, waits: false,
                environment: ["INSPECTD_CRASH_AT": point.rawValue])
            defer { daemon.kill() }
            #expect(try daemon.end(within: 60) == -SIGKILL, "the daemon never came to '\(point.rawValue)'")
        }

        @Test(arguments: CrashPoint.allCases)
        func killed_at_this_step_the_frame_is_recorded_once_after_the_restart(_ point: CrashPoint) throws {
            for life in Self.lives(through: point) {
                try Workshop.open(lines: [.init(after: life.after)]) { shop in
                    let data = life.isBroken ? try BrokenFile.wrongChecksum.data(1) : try Pictures.defective(1)
                    let name = life.isBroken ? "part.png" : "part.jpg"
                    try shop.drop(data, as: name)
                    try Self.die(at: point, shop)
                    try Self.expectOnceAfterRestart(shop, data, name, life, point)
                }
            }
        }

        @Test func killed_when_the_second_attempt_is_counted_the_frame_is_set_aside_after_the_restart() throws {
            try Workshop.open { shop in
                let data = try Pictures.flawless(1)
                try shop.drop(data, as: "part.jpg")
                try Self.die(at: .frameRead, shop)
                try Self.die(at: .attemptCounted, shop)
                try shop.withDaemon { _ in try shop.waitForResults(1) }
                #expect(try shop.results().map(\.inspection.error?.code) == ["crashed-twice"])
                #expect(try shop.quarantine().count == 1 && shop.history().count == 1)
            }
        }

        private static func expectOnceAfterRestart(
            _ shop: Workshop, _ data: Data, _ name: String, _ life: Life, _ point: CrashPoint
        ) throws {
            let comment = Comment(rawValue: "\(point.rawValue), \(life)")
            try shop.withDaemon { daemon in
                try shop.waitForResults(1)
                try wait(for: "the alert after \(comment)") { try shop.alerts().count == 1 }
                try wait(for: "the outbox") {
                    try shop.control("status", "--format", "json").object()["pending_alerts"] as? Int == 0
                }
                // A second inspection would come by now.
                usleep(300_000)
                #expect(try daemon.stop() == 0, comment)
            }
            let results = try shop.results().map(\.inspection)
            #expect(results.map(\.verdict) == [life.isBroken ? .error : .anomalous], comment)
            #expect(try shop.history().map(\.resultID) == results.map(\.resultID), comment)
            #expect(try shop.alerts().map(\.id) == results.map(\.resultID), comment)
            let watched = try shop.contents(of: shop.watched())
            #expect(watched == (life.after == "keep" ? [name: data] : [:]), comment)
            let archived = life.after == "archive" && !life.isBroken
            #expect(try shop.archived() == (archived ? [data] : []), comment)
            let aside = try shop.contents(of: shop.spool.appendingPathComponent("quarantine"))
            #expect(aside.keys.count { $0.hasSuffix("/reason.json") } == (life.isBroken ? 1 : 0), comment)
            #expect(aside.values.contains(data) == (life.isBroken && life.after != "keep"), comment)
            #expect(shop.inWork.isEmpty && shop.temporary.isEmpty, comment)
        }
    }
}
