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
        /// The kind of frame whose life passes a point.
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
        private static func die(
            at point: CrashPoint, by manner: CrashPoint.Manner = .kill, _ shop: Workshop
        ) throws {
            let log = shop.root.appendingPathComponent("dying.log")
            let daemon = try RunningDaemon(
                configuration: shop.configurationFile, logFile: log, waits: false,
                environment: ["INSPECTD_CRASH_AT": point.rawValue, "INSPECTD_CRASH_BY": manner.rawValue])
            defer { daemon.kill() }
            let status = try daemon.end(within: 60)
            let wanted =
                switch manner {
                case .kill: [-SIGKILL]
                case .fault, .overflow: [-SIGSEGV]
                case .abort: [-SIGABRT]
                case .trap: [-SIGILL, -SIGTRAP]
                case .hang: [Int32]()
                }
            #expect(
                wanted.contains(status), "the daemon never came to '\(point.rawValue)', or ended otherwise: \(status)")
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

        @Test func killed_when_the_second_attempt_is_counted_the_frame_is_inspected_after_the_restart() throws {
            try Workshop.open { shop in
                try shop.drop(try Pictures.flawless(1), as: "part.jpg")
                try Self.die(at: .frameRead, shop)
                try Self.die(at: .attemptCounted, shop)
                try shop.withDaemon { _ in try shop.waitForResults(1) }
                #expect(try shop.results().map(\.inspection.verdict) != [.error])
                #expect(try shop.archived().count == 1 && shop.quarantine().isEmpty)
            }
        }

        @Test(arguments: [CrashPoint.Manner.fault, .abort, .trap, .overflow])
        func a_frame_that_crashes_the_process_twice_is_set_aside_and_comes_back_when_asked_for(
            _ manner: CrashPoint.Manner
        ) throws {
            try Workshop.open { shop in
                let picture = try Pictures.flawless(1)
                try shop.drop(picture, as: "part.jpg")
                for _ in 1...2 { try Self.die(at: .frameRead, by: manner, shop) }
                try shop.withDaemon { daemon in
                    let first = try shop.result(of: "part.jpg").inspection
                    #expect(first.error?.code == "crashed-twice", "\(first)")
                    #expect(first.error?.message.contains("crashed 2 times while it worked on this frame (SIG") == true)
                    try daemon.waitForLog("an earlier inspectd crashed (SIG")
                    try wait(for: "the quarantine") { try shop.quarantine().count == 1 && shop.inWork.isEmpty }
                    #expect(try shop.control("requeue", first.resultID).status == 0)
                    try shop.waitForResults(2)
                    #expect(try daemon.stop() == 0)
                }
                let verdicts = try shop.results().map(\.inspection.verdict)
                #expect(verdicts.count == 2 && verdicts.count { $0 == .error } == 1)
                #expect(try shop.archived() == [picture] && shop.quarantine().isEmpty)
                #expect(shop.files(in: shop.spool.appendingPathComponent("crashes")).isEmpty, "notes are left")
            }
        }

        @Test func a_crash_among_kills_from_outside_counts_alone() throws {
            try Workshop.open { shop in
                try shop.drop(try Pictures.flawless(1), as: "part.jpg")
                for manner in [CrashPoint.Manner.kill, .fault, .kill, .kill] {
                    try Self.die(at: .frameRead, by: manner, shop)
                }
                try shop.withDaemon { _ in try shop.waitForResults(1) }
                #expect(try shop.results().map(\.inspection.verdict) != [.error])
                #expect(try shop.quarantine().isEmpty && shop.archived().count == 1)
            }
        }

        @Test func a_frame_that_hangs_when_the_watchdog_aborts_twice_is_set_aside() throws {
            try Workshop.open { shop in
                try shop.drop(try Pictures.flawless(1), as: "part.jpg")
                for _ in 1...2 {
                    let daemon = try RunningDaemon(
                        configuration: shop.configurationFile, logFile: shop.root.appendingPathComponent("dying.log"),
                        waits: false,
                        environment: [
                            "INSPECTD_CRASH_AT": CrashPoint.examined.rawValue, "INSPECTD_CRASH_BY": "hang",
                            "WATCHDOG_USEC": "1000000",
                        ])
                    defer { daemon.kill() }
                    try daemon.waitForLog("the watchdog is no longer fed")
                    daemon.signal(SIGABRT)
                    #expect(try daemon.end() == -SIGABRT)
                }
                try shop.withDaemon { _ in
                    #expect(try shop.result(of: "part.jpg").inspection.error?.code == "crashed-twice")
                    try wait(for: "the quarantine") { try shop.quarantine().count == 1 && shop.inWork.isEmpty }
                }
            }
        }

        @Test func a_daemon_whose_frame_hangs_ends_by_sigterm_when_its_time_is_over() throws {
            try Workshop.open { shop in
                try shop.drop(try Pictures.flawless(1), as: "part.jpg")
                let daemon = try RunningDaemon(
                    configuration: shop.configurationFile, logFile: shop.root.appendingPathComponent("dying.log"),
                    environment: ["INSPECTD_CRASH_AT": CrashPoint.frameRead.rawValue, "INSPECTD_CRASH_BY": "hang"])
                defer { daemon.kill() }
                try wait(for: "the frame to be in progress") { !shop.inWork.isEmpty }
                #expect(try daemon.stop(within: 60) == -SIGTERM)
                #expect(daemon.messages.contains { $0.contains("not stopped 25 s after the stop signal") })
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
