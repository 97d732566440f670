import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// Limits and permissions that the kernel itself enforces on the real daemon.
    @Suite struct KernelLimits {
        /// In a user namespace of its own the daemon has limits of its own; the machine's stay as they are.
        private static let canLimit: Bool = {
            guard let unshare = Programs.installed("unshare") else { return false }
            let run = try? ProgramRun(
                path: unshare, ["-r", "sh", "-c", "echo 5 > /proc/sys/user/max_inotify_watches"])
            return run?.status == 0
        }()

        private static let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"]

        /// The programs may lie where no other user may look.
        private static let canBeNobody: Bool = {
            guard geteuid() == 0, let setpriv = Programs.installed("setpriv"),
                let program = try? Programs.path("inspectd")
            else { return false }
            return (try? ProgramRun(path: setpriv, nobody + [program, "--version"]).status) == 0
        }()

        private func start(_ program: String, _ arguments: [String], log: URL) throws -> Process {
            try Data().write(to: log)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = arguments
            process.standardInput = FileHandle.nullDevice
            process.standardError = try FileHandle(forWritingTo: log)
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            return process
        }

        private func end(_ process: Process) {
            if process.isRunning { process.terminate() }
            process.waitUntilExit()
        }

        private func lines(_ log: URL) -> [String] {
            ((try? String(contentsOf: log, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
        }

        @Test(.enabled(if: canLimit, "this user may not make user namespaces"))
        func used_up_inotify_watches_are_one_warning_and_every_frame_is_found_all_the_same() throws {
            try Workshop.open { shop in
                for index in 0..<40 {
                    try FileManager.default.createDirectory(
                        at: shop.watched().appendingPathComponent("sub-\(index)"), withIntermediateDirectories: true)
                }
                let log = shop.root.appendingPathComponent("log")
                let process = try start(
                    try #require(Programs.installed("unshare")),
                    [
                        "-r", "sh", "-c",
                        "echo 5 > /proc/sys/user/max_inotify_watches; exec \"$1\" --config \"$2\" --log text", "sh",
                        try Programs.path("inspectd"), shop.configurationFile,
                    ], log: log)
                defer { end(process) }
                try wait(for: "the warning") { lines(log).contains { $0.contains("watched folders send no events") } }
                for index in 0..<40 {
                    try Pictures.flawless(index).write(
                        to: shop.watched().appendingPathComponent("sub-\(index)/\(index).jpg"))
                }
                try shop.waitForResults(40)
                let warnings = lines(log).filter { $0.contains("inotify") }
                #expect(warnings.count == 1, "\(warnings)")
                let warning = warnings.first ?? ""
                #expect(warning.contains("36 of 41 watched folders send no events and are scanned every 5s instead"))
                #expect(warning.contains("sysctl -w fs.inotify.max_user_watches="), "\(warning)")
                #expect(!warning.contains("free some space"), "\(warning)")
            }
        }

        @Test(.enabled(if: canBeNobody, "needs root, setpriv, and programs that any user may run"))
        func a_folder_that_loses_its_permissions_with_2000_frames_in_it_is_one_message_and_one_line() throws {
            try Workshop.open(lines: [.init(), .init(name: "second")]) { shop in
                let nobody = 65534, files = FileManager.default
                for path in [shop.root.path]
                    + (files.enumerator(atPath: shop.root.path)?.compactMap { $0 as? String } ?? [])
                    .map({ shop.root.appendingPathComponent($0).path })
                {
                    try files.setAttributes(
                        [.ownerAccountID: nobody, .groupOwnerAccountID: nobody], ofItemAtPath: path)
                }
                let program = try Programs.path("inspectd")
                let setpriv = try #require(Programs.installed("setpriv"))
                let log = shop.root.appendingPathComponent("log")
                let process = try start(
                    setpriv, Self.nobody + [program, "--config", shop.configurationFile, "--log", "text"], log: log)
                defer { end(process) }
                try wait(for: "the daemon") { lines(log).contains { $0.contains(" ready: ") } }

                let watched = shop.watched().path
                try files.setAttributes([.ownerAccountID: 0, .posixPermissions: 0o755], ofItemAtPath: watched)
                let first = shop.watched().appendingPathComponent(".first")
                try Pictures.flawless(1).write(to: first)
                for index in 0..<2000 { try #require(link(first.path, "\(watched)/\(index).jpg") == 0) }
                unlink(first.path)
                try wait(for: "the message") { lines(log).contains { $0.contains("line plate: intake stopped") } }
                try Pictures.flawless(2).write(to: shop.watched("second").appendingPathComponent("a.jpg"))
                try shop.waitForResults(1)
                try wait(for: "status to tell") {
                    let all = try shop.control("status", "--format", "json").object()["lines"] as? [[String: Any]]
                    let line = all?.first { $0["name"] as? String == "plate" }
                    return line?["waiting"] as? Int == 2000
                        && (line?["intake_stopped"] as? String)?.contains("Permission denied") == true
                        && line?["problem"] != nil
                }
                #expect(lines(log).count { $0.contains("error:") } == 1, "\(lines(log))")
                #expect(files.subpaths(atPath: watched)?.count == 2000)

                try files.setAttributes([.ownerAccountID: nobody], ofItemAtPath: watched)
                try wait(for: "the intake to go on") {
                    lines(log).contains { $0.contains("line plate: frames can be taken from \(watched) again") }
                }
                try shop.waitForFirstResults(20)
                #expect(lines(log).count { $0.contains("error:") } == 1, "\(lines(log))")
            }
        }
    }
}
