import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

extension ProgramTests {
    /// Users without permission get a message; root leaves no file that the daemon may not change.
    @Suite struct Permissions {
        private static let commands: [[String]] = [
            ["status"], ["status", "--format", "json"], ["history"], ["history", "--format", "json"],
            ["history", "--csv"],
            ["model", "list"], ["model", "list", "--format", "json"], ["model", "show", "plate"],
            ["model", "activate", "plate", "1"], ["model", "rollback", "plate"],
            ["model", "export", "plate", "plate.model"], ["backbone", "list"], ["requeue"],
            ["requeue", "--format", "json"], ["retention", "--results", "1d"], ["repair"],
            ["calibrate", "--line", "plate", "--from-history", "7d"], ["calibrate", "--line", "plate", "--rollback"],
        ]
        private static let lies = [
            "not running", "no inspections", "no models", "quarantine is empty", "no file would", "[]",
        ]

        @Test(.enabled(if: OtherUser.lacking == nil, "\(OtherUser.lacking ?? "")"))
        func a_user_who_may_not_read_the_plant_is_told_so_by_every_command() throws {
            try Workshop.open { shop in
                try FileManager.default.createDirectory(at: shop.spool, withIntermediateDirectories: true)
                for command in Self.commands {
                    let run = try OtherUser.control(shop, command, forbidden: [shop.state, shop.spool])
                    #expect(run.status == 77, "\(command): \(run.status): \(run.output)\(run.errors)")
                    #expect(run.errors.contains("Permission denied"), "\(command): \(run.errors)")
                    for lie in Self.lies {
                        #expect(!(run.output + run.errors).contains(lie), "\(command): \(run.output)\(run.errors)")
                    }
                }
            }
        }

        private static let parts = [
            ("state/models", ["model", "list"]), ("state/models", ["status"]),
            ("state/models/plate", ["model", "show", "plate"]), ("state/models/plate", ["status"]),
            ("state/backbones", ["backbone", "list"]), ("state/ledger.sqlite", ["history"]),
            ("state/ledger.sqlite", ["status"]), ("spool/quarantine", ["requeue"]), ("spool/quarantine", ["status"]),
            ("spool/quarantine/plate", ["requeue"]), ("spool/lock", ["status"]), ("spool/active", ["status"]),
            ("spool/alerts/new", ["status"]), ("spool/results", ["retention", "--results", "1d"]),
        ]

        /// Each part of the plant by itself.
        @Test(.enabled(if: OtherUser.lacking == nil, "\(OtherUser.lacking ?? "")"))
        func one_unreadable_part_of_the_plant_is_never_taken_for_empty() throws {
            try Workshop.open { shop in
                try shop.withDaemon { daemon in
                    try shop.drop(try BrokenFile.text.data(1), as: "broken.jpg")
                    try shop.waitForResults(1)
                    #expect(try daemon.stop() == 0)
                }
                let backbones = shop.state.appendingPathComponent("backbones")
                try FileManager.default.createDirectory(at: backbones, withIntermediateDirectories: true)
                try OtherUser.own(shop.root)
                for (part, command) in Self.parts {
                    let run = try OtherUser.control(
                        shop, command, forbidden: [shop.root.appendingPathComponent(part)])
                    #expect(run.status == 77, "\(part) \(command): \(run.status): \(run.output)\(run.errors)")
                    #expect(run.errors.contains("Permission denied"), "\(part) \(command): \(run.errors)")
                }
            }
        }

        @Test(.enabled(if: OtherUser.lacking == nil, "\(OtherUser.lacking ?? "")"))
        func a_configuration_that_may_not_be_read_is_no_missing_one() throws {
            try Workshop.open { shop in
                let file = URL(fileURLWithPath: shop.configurationFile)
                for command in [["config", "check"], ["status"], ["history"]] {
                    let run = try OtherUser.control(shop, command, forbidden: [file])
                    #expect(run.status == 77 && run.errors.contains("Permission denied"), "\(run.errors)")
                    #expect(run.errors.contains(file.path) && !run.errors.contains("no such file"), "\(run.errors)")
                }
            }
        }

        @Test(.enabled(if: OtherUser.lacking == nil, "\(OtherUser.lacking ?? "")"))
        func a_reader_needs_no_right_to_write_whether_the_daemon_runs_or_not() throws {
            try Workshop.open { shop in
                func read(_ when: String) throws {
                    let run = try OtherUser.control(shop, ["history", "--format", "json"], forbidden: [])
                    #expect(run.status == 0 && run.output.contains("one.jpg"), "\(when): \(run.errors)")
                }
                try shop.withDaemon { daemon in
                    try shop.drop(try Pictures.flawless(1), as: "one.jpg")
                    try shop.waitForResults(1)
                    try read("while it runs")
                    #expect(try daemon.stop() == 0)
                }
                try read("after its end")
                try shop.withDaemon { $0.kill() }
                try read("after a crash")
                guard geteuid() == 0 else { return }
                // SQLite makes these files to read the ledger.
                for suffix in ["-wal", "-shm"] {
                    try FileManager.default.removeItem(at: shop.state.appendingPathComponent("ledger.sqlite\(suffix)"))
                }
                let run = try OtherUser.control(shop, ["history"], forbidden: [])
                #expect(run.status == 77 && run.errors.contains("as root or as the user of inspectd"), "\(run.errors)")
            }
        }

        @Test(.enabled(if: geteuid() == 0, "only root can give files to another user"))
        func what_root_makes_in_anothers_plant_belongs_to_the_owner_of_its_folder() throws {
            try Workshop.open { shop in
                try shop.withDaemon { daemon in
                    try shop.drop(try Pictures.flawless(1), as: "one.jpg")
                    try shop.drop(try BrokenFile.text.data(1), as: "broken.jpg")
                    try shop.waitForResults(2)
                    #expect(try daemon.stop() == 0)
                }
                // A ledger that is gone, and one that is damaged.
                for suffix in ["", "-wal", "-shm"] {
                    try? FileManager.default.removeItem(
                        at: shop.state.appendingPathComponent("ledger.sqlite\(suffix)"))
                }
                for folder in [shop.state, shop.spool, shop.watched()] { try OtherUser.own(folder) }
                #expect(try shop.control("repair").status == 0)
                #expect(OtherUser.foreign(in: shop.state) == [] && OtherUser.foreign(in: shop.spool) == [])
                try Data("no database".utf8).write(to: shop.state.appendingPathComponent("ledger.sqlite"))
                try OtherUser.own(shop.state)
                #expect(try shop.control("repair").status == 0)
                #expect(try shop.control("history").status == 0)
                #expect(try shop.control("requeue", "--all").status == 0)
                let normal = try Pictures.write(24, from: 3000, to: shop.root.appendingPathComponent("again"))
                let calibrate = try shop.control("calibrate", "--line", "plate", "--normal", normal)
                #expect(calibrate.status == 0, "\(calibrate.errors)")
                #expect(try shop.control("calibrate", "--line", "plate", "--rollback").status == 0)
                #expect(try shop.control("model", "activate", "plate", "1").status == 0)
                for folder in [shop.state, shop.spool, shop.watched()] {
                    #expect(OtherUser.foreign(in: folder) == [], "\(folder.path)")
                }
            }
        }
    }
}
