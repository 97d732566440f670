import Foundation
import LinuxPlatform
import TestSupport
import Testing
import InspectionDomain

extension ProgramTests {
    /// The daemon's messages to the service manager and the journal, received on the test's own sockets.
    @Suite struct ServiceManager {
        /// The states sent so far, in order, one per line of a datagram.
        private final class Ear {
            private let socket: DatagramSocket
            private(set) var states: [String] = []

            init(_ folder: URL) throws { socket = try DatagramSocket(path: folder.appendingPathComponent("n").path) }

            var environment: [String: String] { ["NOTIFY_SOCKET": socket.path] }

            func listen() {
                for datagram in socket.received() {
                    states += String(decoding: datagram, as: UTF8.self).split(separator: "\n").map(String.init)
                }
            }

            func waitFor(_ what: String, _ condition: ([String]) -> Bool) throws {
                try wait(for: what) {
                    listen()
                    return condition(states)
                }
            }
        }

        /// A workshop with a short path: a socket's name may have 107 bytes.
        private func withDaemon(
            _ environment: [String: String] = [:], _ body: (Workshop, RunningDaemon, Ear) throws -> Void
        ) throws {
            try Workshop.open { shop in
                let ear = try Ear(shop.root)
                let daemon = try RunningDaemon(
                    configuration: shop.configurationFile, logFile: shop.root.appendingPathComponent("log"),
                    environment: ear.environment.merging(environment) { $1 })
                defer { daemon.kill() }
                try body(shop, daemon, ear)
            }
        }

        @Test func it_says_that_it_is_ready_reloads_counts_and_stops() throws {
            try withDaemon { shop, daemon, ear in
                try ear.waitFor("READY=1") { $0.contains("READY=1") }
                try ear.waitFor("a status") { $0.contains { $0.hasPrefix("STATUS=watching 1 line; inspected 0") } }
                try shop.drop(try Pictures.flawless(1), as: "a.jpg")
                try ear.waitFor("the count") { $0.contains { $0.contains("inspected 1: 1 normal, 0 anomalous") } }

                let before = ear.states.count
                daemon.signal(SIGHUP)
                try ear.waitFor("the reload's end") { $0.dropFirst(before).contains("READY=1") }
                let reload = ear.states.dropFirst(before)
                let begin = try #require(reload.firstIndex(of: "RELOADING=1"))
                #expect(reload[begin + 1].hasPrefix("MONOTONIC_USEC="), "notify-reload needs the time")
                #expect(begin < (reload.firstIndex(of: "READY=1") ?? -1))

                #expect(try daemon.stop() == 0)
                ear.listen()
                #expect(ear.states.contains("STOPPING=1"))
                #expect(!ear.states.contains("WATCHDOG=1"), "no watchdog was asked for")
            }
        }

        @Test(.enabled(if: Programs.installed("sqlite3") != nil, "there is no sqlite3 on this machine"))
        func the_watchdog_is_fed_while_all_is_well_and_not_when_a_part_is_stuck() throws {
            try withDaemon(["WATCHDOG_USEC": "1000000"]) { shop, daemon, ear in
                try ear.waitFor("three feedings") { $0.count { $0 == "WATCHDOG=1" } >= 3 }
                // Another program holds the ledger's lock: the worker's commit waits, as on a disk that hangs.
                let locked = try LedgerLock(shop.state.appendingPathComponent("ledger.sqlite").path)
                try shop.drop(try Pictures.flawless(1), as: "a.jpg")
                try daemon.waitForLog("the watchdog is no longer fed")
                ear.listen()
                let fed = ear.states.count { $0 == "WATCHDOG=1" }
                usleep(700_000)
                ear.listen()
                #expect(ear.states.count { $0 == "WATCHDOG=1" } == fed, "fed while it was stuck")
                locked.release()
                try shop.waitForResults(1)
                try ear.waitFor("feeding again") { $0.count { $0 == "WATCHDOG=1" } > fed }
            }
        }

        @Test func a_model_that_does_not_score_its_self_test_frame_as_stored_keeps_the_daemon_from_being_ready() throws
        {
            try Workshop.open { shop in
                let folder = shop.state.appendingPathComponent("models/plate/1")
                let file = folder.appendingPathComponent("model.safetensors")
                var data = try Data(contentsOf: file)
                let key = Data("\"self_test_score\":\"".utf8)
                let place = try #require(data.range(of: key)).upperBound
                // Another first digit, the same length; and the record is made to agree with the changed file.
                data[place] = data[place] == UInt8(ascii: "9") ? UInt8(ascii: "1") : UInt8(ascii: "9")
                let record = folder.appendingPathComponent("model.json")
                let text = try String(contentsOf: record, encoding: .utf8).replacingOccurrences(
                    of: ContentDigest.sha256(of: try Data(contentsOf: file)), with: ContentDigest.sha256(of: data))
                try data.write(to: file)
                try shop.write(text, to: record.path)
                let run = try ProgramRun("inspectd", ["--config", shop.configurationFile], within: 20)
                #expect(run.status == 65, "\(run.errors)")
                #expect(run.errors.contains("self-test frame") && !run.errors.contains("ready"), "\(run.errors)")
            }
        }

        /// In a mount namespace of its own the daemon finds the test's socket where the journal's would be.
        private static let canUnshare: Bool = {
            guard let unshare = Programs.installed("unshare") else { return false }
            let run = try? ProgramRun(path: unshare, ["-rm", "sh", "-c", "mount -t tmpfs none /run"])
            return run?.status == 0
        }()

        @Test(.enabled(if: canUnshare, "this user may not make mount namespaces"))
        func the_journal_gets_message_ids_and_fields() throws {
            try Workshop.open { shop in
                let folder = shop.root.appendingPathComponent("j")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                let journal = try DatagramSocket(path: folder.appendingPathComponent("socket").path)
                let script = """
                    mount -t tmpfs none /run && mkdir -p /run/systemd/journal && mount --bind "$1" /run/systemd/journal \
                    && exec "$2" --config "$3" --log journal
                    """
                let process = Process()
                process.executableURL = URL(fileURLWithPath: try #require(Programs.installed("unshare")))
                process.arguments = [
                    "-rm", "sh", "-c", script, "sh", folder.path, try Programs.path("inspectd"),
                    shop.configurationFile,
                ]
                try process.run()
                defer {
                    process.terminate()
                    process.waitUntilExit()
                }
                try shop.drop(try Pictures.defective(1), as: "line\nbreak.jpg")
                var entries: [String] = []
                try wait(for: "the anomaly in the journal") {
                    entries += journal.received().map { String(decoding: $0, as: UTF8.self) }
                    return entries.contains { $0.contains("INSPECTD_VERDICT=anomalous") }
                }
                let ready = try #require(entries.first { $0.contains("MESSAGE_ID=3f2f1f8c5a0e4c1f9d7b0a6e21c4d002") })
                #expect(ready.contains("PRIORITY=5\n") && ready.contains("SYSLOG_IDENTIFIER=inspectd\n"))
                let anomaly = try #require(entries.first { $0.contains("INSPECTD_VERDICT=anomalous") })
                for field in [
                    "MESSAGE_ID=3f2f1f8c5a0e4c1f9d7b0a6e21c4d011\n", "PRIORITY=4\n", "INSPECTD_LINE=plate\n",
                    "INSPECTD_RESULT_ID=", "INSPECTD_SCORE=", "INSPECTD_THRESHOLD=", "INSPECTD_FRAME=",
                    "/line\\x0abreak.jpg\n",
                ] { #expect(anomaly.contains(field), "\(field) is not in \(anomaly)") }
            }
        }
    }
}

/// Holds the ledger's write lock, as another program might.
final class LedgerLock {
    private let process = Process()
    private let input = Pipe()

    struct NoProgram: Error {}

    init(_ path: String) throws {
        guard let program = Programs.installed("sqlite3") else { throw NoProgram() }
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = [path]
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data("BEGIN IMMEDIATE;\n".utf8))
        usleep(300_000)
    }

    func release() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    deinit { if process.isRunning { process.terminate() } }
}
