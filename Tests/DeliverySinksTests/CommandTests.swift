import Delivery
import DeliverySinks
import Foundation
import InspectionPipeline
import TestSupport
import Testing

@Suite struct CommandTests {
    private func deliver(
        _ script: String, arguments: [String] = [], timeout: Duration = .seconds(20), log: MadeSink.Lines? = nil
    ) async throws -> (outcome: DeliveryOutcome, message: OutgoingMessage) {
        try await withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("script")
            try Data("#!/bin/sh\n\(script)\n".utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
            var settings = CommandSettings(program: file.path, arguments: arguments + [folder.path])
            settings.timeout = timeout
            let sink = try MadeSink.make(.command(settings), log: log), message = try MadeSink.message()
            return (await sink.deliver(message), message)
        }
    }

    @Test func the_program_gets_the_message_on_its_standard_input_and_little_else() async throws {
        try await withTemporaryFolder { folder in
            let script = """
                cat > "$1/input"; cat /dev/stdin > "$1/again"; env > "$1/environment"; pwd > "$1/folder"
                ls /proc/self/fd | wc -l > "$1/descriptors"
                """
            let (outcome, message) = try await deliver(script, arguments: [folder.path])
            #expect(outcome == .delivered)
            func text(_ name: String) throws -> String {
                try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            }
            #expect(try text("input") == message.json + "\n")
            #expect(try text("folder") == "/\n")
            // The three, and the one with which `ls` reads the folder.
            #expect(try text("descriptors").trimmingCharacters(in: .whitespacesAndNewlines) == "4")
            let names = Set(
                try text("environment").split(separator: "\n").compactMap { $0.split(separator: "=").first })
            #expect(
                names.subtracting(["PWD", "OLDPWD", "SHLVL", "_"])
                    == ["PATH", "LANG", "INSPECTD_LINE", "INSPECTD_RESULT_ID", "INSPECTD_VERDICT"])
        }
    }

    @Test func only_status_65_is_final() async throws {
        guard case .refused(let reason) = try await deliver("echo 'no such part'; exit 65").outcome else {
            return wrong("65 is final")
        }
        #expect(reason.hasSuffix("ended with status 65: no such part"))
        for status in [1, 2, 64, 66, 75, 126, 127, 255] {
            let outcome = try await deliver("exit \(status)").outcome
            guard case .failed(let reason, nil) = outcome else { return wrong("\(status): \(outcome)") }
            #expect(reason.contains("status \(status)"))
        }
        guard case .failed(let signal, nil) = try await deliver("kill -9 $$").outcome else {
            return wrong("a signal is retried")
        }
        #expect(signal.contains("signal 9"))
    }

    @Test func a_program_that_is_not_there_is_retried() async throws {
        let sink = try MadeSink.make(.command(CommandSettings(program: "/there/is/none")))
        guard case .failed(let reason, nil) = await sink.deliver(try MadeSink.message()) else {
            return wrong("it cannot have been delivered")
        }
        #expect(reason.contains("/there/is/none cannot be started"))
    }

    @Test func a_program_that_reads_nothing_is_acknowledged() async throws {
        #expect(try await deliver("exec 0<&-; exit 0").outcome == .delivered)
    }

    @Test func after_the_time_limit_all_that_it_started_is_killed() async throws {
        try await withTemporaryFolder { folder in
            let script = "sleep 600 & echo $! > \"$1/child\"; trap '' TERM; sleep 600"
            let outcome = try await deliver(script, arguments: [folder.path], timeout: .seconds(1)).outcome
            guard case .failed(let reason, nil) = outcome else { return wrong("\(outcome)") }
            #expect(reason.contains("was killed after 1.0 s"))
            let text = try String(contentsOf: folder.appendingPathComponent("child"), encoding: .utf8)
            let child = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
            try await expectEnd(of: child)
        }
    }

    @Test func what_it_leaves_behind_neither_delays_it_nor_stays() async throws {
        try await withTemporaryFolder { folder in
            let script = "sleep 600 & echo $! > \"$1/child\"; exit 0"
            #expect(try await deliver(script, arguments: [folder.path]).outcome == .delivered)
            let text = try String(contentsOf: folder.appendingPathComponent("child"), encoding: .utf8)
            try await expectEnd(of: try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))))
        }
    }

    @Test func output_goes_to_the_log_up_to_a_limit() async throws {
        let log = MadeSink.Lines()
        let outcome = try await deliver(
            "echo out; echo err >&2; head -c 1000000 /dev/zero | tr '\\0' x; exit 0", log: log
        ).outcome
        #expect(outcome == .delivered)
        let line = try #require(log.all.first)
        #expect(line.contains("out\nerr\nxxx") && line.contains("first 4 KiB") && line.utf8.count < 5000)
    }

    @Test func a_cancelled_delivery_kills_the_program() async throws {
        let sink = try MadeSink.make(.command(CommandSettings(program: "/bin/sleep", arguments: ["600"])))
        let message = try MadeSink.message()
        let delivery = Task { await sink.deliver(message) }
        try await Task.sleep(for: .milliseconds(100))
        delivery.cancel()
        guard case .failed = await delivery.value else { return wrong("it was not delivered") }
    }

    private func expectEnd(of pid: Int32) async throws {
        for _ in 0..<400 {
            // A zombie is awaited by whoever inherited it.
            let state = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?.split(separator: " ")
            guard let state, state.count > 2, state[2] != "Z" else { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("process \(pid) is still there")
    }
}
