import Foundation
import InspectionDomain
import Testing

extension ProgramTests {
    /// The daemon's end, and its being the only one.
    @Suite struct Termination {
        /// A library's threads run before any of ours and block no signal: the kernel may give them one.
        @Test func no_thread_leaves_a_signal_to_stop_to_its_default_action() throws {
            try Workshop.open { shop in
                try shop.withDaemon { daemon in
                    let status = try String(contentsOfFile: "/proc/\(daemon.pid)/status", encoding: .utf8)
                    let caught = try #require(status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") })
                    let mask = try #require(
                        UInt64(caught.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16))
                    for signal in [SIGTERM, SIGINT, SIGHUP] { #expect(mask & 1 << UInt64(signal - 1) != 0) }
                }
            }
        }

        @Test(arguments: [SIGTERM, SIGINT])
        func the_frames_in_hand_are_finished_and_the_others_wait_where_they_are(_ signal: Int32) throws {
            try Workshop.open { shop in
                let frames = try (0..<40).map { try Pictures.flawless($0) }
                try shop.withDaemon { daemon in
                    for (index, frame) in frames.enumerated() { try shop.drop(frame, as: "\(index).jpg") }
                    try wait(for: "the first result") { try !shop.results().isEmpty }
                    let start = ContinuousClock.now
                    daemon.signal(signal)
                    #expect(try daemon.end() == 0)
                    #expect(ContinuousClock.now - start < .seconds(5))
                    #expect(daemon.messages.last?.contains("stopped:") == true)
                }
                let done = try shop.history().count
                #expect(shop.inWork.isEmpty && shop.temporary.isEmpty)
                #expect(try shop.results().count == done && shop.archived().count == done)
                #expect(done >= 1 && shop.files(in: shop.watched()).count == frames.count - done)

                // The rest is taken up by the next one.
                try shop.withDaemon { _ in try shop.waitForResults(frames.count) }
                #expect(try shop.archived().count == frames.count)
                #expect(try shop.history().count == frames.count)
            }
        }

        @Test(.enabled(if: Programs.installed("sqlite3") != nil, "there is no sqlite3 on this machine"))
        func a_second_signal_ends_a_daemon_that_cannot_finish_and_its_frame_is_inspected_later() throws {
            try Workshop.open { shop in
                try shop.withDaemon { daemon in
                    // Another program holds the ledger's lock, so that the frame in hand cannot be finished.
                    let locked = try LedgerLock(shop.state.appendingPathComponent("ledger.sqlite").path)
                    try shop.drop(try Pictures.flawless(1), as: "part.jpg")
                    try wait(for: "the frame's results") { try shop.results().count == 1 }
                    daemon.signal(SIGTERM)
                    usleep(500_000)
                    #expect(daemon.isRunning, "it did not wait for its frame")
                    daemon.signal(SIGTERM)
                    #expect(try daemon.end() == -SIGTERM)
                    #expect(daemon.messages.contains { $0.contains("a second stop signal: exiting immediately") })
                    locked.release()
                }
                try shop.withDaemon { _ in try shop.waitForResults(1) }
                #expect(try shop.history().map(\.verdict) != [.error] && shop.archived().count == 1)
            }
        }

        @Test func a_second_daemon_in_the_same_spool_is_turned_away_with_69_and_harms_nothing() throws {
            try Workshop.open { shop in
                try shop.withDaemon { daemon in
                    let second = try ProgramRun("inspectd", ["--config", shop.configurationFile], within: 10)
                    #expect(second.status == 69)
                    #expect(
                        second.errors.contains("lock is locked by process \(daemon.pid); stop it first"),
                        "\(second.errors)")
                    let repair = try shop.control("repair")
                    #expect(repair.status == 69 && repair.errors.contains("process \(daemon.pid)"), "\(repair.errors)")
                    try shop.drop(try Pictures.flawless(1), as: "one.jpg")
                    try shop.waitForResults(1)
                    let status = try shop.control("status", "--format", "json").object()
                    #expect(status["pid"] as? Int32 == daemon.pid)
                }
            }
        }

        @Test func repair_fills_a_lost_ledger_from_the_results() throws {
            try Workshop.open { shop in
                try shop.withDaemon { daemon in
                    for index in 0..<5 { try shop.drop(try Pictures.flawless(index), as: "\(index).jpg") }
                    try shop.waitForResults(5)
                    #expect(try daemon.stop() == 0)
                }
                let before = try shop.history()
                try Data("no database".utf8).write(to: shop.state.appendingPathComponent("ledger.sqlite"))
                // The log stays beside a closed ledger, and would give all of it back.
                for suffix in ["-wal", "-shm"] {
                    let file = shop.state.appendingPathComponent("ledger.sqlite\(suffix)")
                    if FileManager.default.fileExists(atPath: file.path) {
                        try FileManager.default.removeItem(at: file)
                    }
                }
                #expect(try shop.control("history").status == 74)
                let repair = try shop.control("repair", "--format", "json").object()
                #expect(repair["results"] as? Int == 5 && repair["recorded"] as? Int == 5)
                #expect(try shop.history() == before)
            }
        }
    }
}
