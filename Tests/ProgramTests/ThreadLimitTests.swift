import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// A service that may have only so many threads (TasksMax).
    @Suite struct ThreadLimit {
        /// Whether inspectd runs at all with so much address space: a sanitizer takes terabytes of it.
        private static let runsInSixGigabytes: Bool = {
            guard let program = try? Programs.path("inspectd") else { return false }
            let run = try? ProgramRun(path: "/bin/sh", ["-c", "ulimit -v 6000000 && exec '\(program)' --version"])
            return run?.status == 0
        }()

        @Test(.enabled(if: runsInSixGigabytes, "inspectd cannot run in six gigabytes of address space"))
        func a_daemon_that_cannot_have_its_threads_says_so_and_is_never_ready() throws {
            try Workshop.open { shop in
                let text = try String(contentsOfFile: shop.configurationFile, encoding: .utf8)
                // A thousand threads and more, with their stacks: eight gigabytes.
                try shop.write(
                    text.replacingOccurrences(of: "workers: 2", with: "workers: 256"), to: shop.configurationFile)
                try shop.drop(try Pictures.flawless(1), as: "waits.jpg")
                let command =
                    "ulimit -v 6000000 && exec '\(try Programs.path("inspectd"))' --config '\(shop.configurationFile)'"
                let run = try ProgramRun(path: "/bin/sh", ["-c", command])
                #expect(run.status == 69, "\(run.errors)")
                #expect(run.errors.contains(" threads, only ") && run.errors.contains("TasksMax"), "\(run.errors)")
                #expect(!run.errors.contains(" ready: "))
                #expect(shop.files(in: shop.watched()) == ["waits.jpg"])
            }
        }

        /// A user with no other process, so that its limit is the daemon's own.
        private static let user: UInt32 = 61_357

        private static func launcher(_ threads: Int) -> [String]? {
            guard geteuid() == 0, let setpriv = Programs.installed("setpriv"),
                let prlimit = Programs.installed("prlimit")
            else { return nil }
            return [setpriv, "--reuid=\(user)", "--regid=\(user)", "--clear-groups", prlimit, "--nproc=\(threads)"]
        }

        /// Only root may become another user, and that one must be able to reach the program; root itself knows no
        /// limit.
        private static let canBeAnotherUser: Bool = {
            guard let launcher = launcher(64), let program = try? Programs.path("inspectd") else { return false }
            let run = try? ProgramRun(path: launcher[0], launcher.dropFirst() + [program, "--version"])
            return run?.status == 0
        }()

        /// Runs a scenario in a workshop that belongs to the other user.
        private static func withWorkshop(_ body: (Workshop) throws -> Void) throws {
            try Workshop.open { shop in
                let chown = try ProgramRun(path: "/bin/sh", ["-c", "chown -R \(user):\(user) '\(shop.root.path)'"])
                try #require(chown.status == 0)
                try body(shop)
            }
        }

        @Test(.enabled(if: canBeAnotherUser, "only root can run the daemon as a user with a limit of threads"))
        func at_the_user_s_limit_of_threads_it_says_so_and_is_never_ready() throws {
            try Self.withWorkshop { shop in
                let launcher = try #require(Self.launcher(9))
                let run = try ProgramRun(
                    path: launcher[0],
                    launcher.dropFirst() + [try Programs.path("inspectd"), "--config", shop.configurationFile])
                #expect(run.status == 69, "\(run.errors)")
                #expect(run.errors.contains(" threads, only "), "\(run.errors)")
                #expect(!run.errors.contains(" ready: "))
            }
        }

        @Test(.enabled(if: canBeAnotherUser, "only root can run the daemon as a user with a limit of threads"))
        func with_no_thread_to_be_had_a_running_daemon_still_ends_at_sigterm() throws {
            try Self.withWorkshop { shop in
                let daemon = try RunningDaemon(
                    configuration: shop.configurationFile, logFile: shop.root.appendingPathComponent("log"),
                    launcher: try #require(Self.launcher(200)))
                defer { daemon.kill() }
                // As the same user: root may not do it where it has no such privilege over others' processes.
                let command = try #require(Self.launcher(200)).prefix { !$0.hasPrefix("--nproc") }
                let limit = try ProgramRun(
                    path: command[0], command.dropFirst() + ["--pid", "\(daemon.pid)", "--nproc=1:1"])
                try #require(limit.status == 0, "\(limit.errors)")
                // Swift's executor gives up threads that had nothing to do for some seconds, and gets none again.
                sleep(8)
                #expect([0, -SIGTERM].contains(try daemon.stop(within: 45)))
            }
        }
    }
}
