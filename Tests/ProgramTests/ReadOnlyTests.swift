import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// Looking changes nothing, and a missing configuration is no empty plant.
    @Suite struct ReadOnly {
        @Test func commands_that_only_look_make_nothing() throws {
            try Workshop.open { shop in
                let before = try FileManager.default.subpathsOfDirectory(atPath: shop.root.path).sorted()
                let commands = [
                    ["config", "check"], ["status"], ["history"], ["requeue"], ["model", "list"], ["backbone", "list"],
                ]
                for command in commands {
                    let run = try ProgramRun("inspectctl", command + ["--config", shop.configurationFile])
                    #expect(run.status == 0, "\(command): \(run.errors)")
                }
                let check = try ProgramRun("inspectd", ["--check", "--config", shop.configurationFile])
                #expect(check.status == 0, "\(check.errors)")
                let repair = try shop.control("repair")
                #expect(repair.status == 66 && repair.errors.contains(shop.spool.path), "\(repair.errors)")
                let after = try FileManager.default.subpathsOfDirectory(atPath: shop.root.path).sorted()
                #expect(after == before)
            }
        }

        @Test func a_folder_that_could_not_be_made_is_found_by_the_check() throws {
            try Workshop.open { shop in
                let text = try String(contentsOfFile: shop.configurationFile, encoding: .utf8)
                try shop.write(
                    text.replacingOccurrences(of: "spool: spool", with: "spool: inspectd.yaml/spool"),
                    to: shop.configurationFile)
                let run = try shop.control("config", "check")
                #expect(run.status == 78 && run.errors.contains("is a file, not a folder"), "\(run.errors)")
            }
        }

        @Test(
            .enabled(
                if: !FileManager.default.fileExists(atPath: "/etc/inspectd/inspectd.yaml"),
                "this machine has a configuration of its own"),
            arguments: [["config", "check"], ["repair"], ["status"], ["history"], ["requeue"], ["retention"]])
        func without_a_configuration_its_path_and_the_remedy_are_named(command: [String]) throws {
            let run = try ProgramRun("inspectctl", command)
            #expect(run.status == 78)
            #expect(
                run.errors.contains("/etc/inspectd/inspectd.yaml") && run.errors.contains("--config FILE"),
                "\(run.errors)")
        }

        @Test func two_daemons_with_different_spools_cannot_share_a_state_folder() throws {
            try Workshop.open { shop in
                let text = try String(contentsOfFile: shop.configurationFile, encoding: .utf8)
                let other = shop.root.appendingPathComponent("other.yaml").path
                try shop.write(text.replacingOccurrences(of: "spool: spool", with: "spool: spool2"), to: other)
                try shop.withDaemon { daemon in
                    let second = try ProgramRun("inspectd", ["--config", other], within: 20)
                    #expect(second.status == 69)
                    let lock = shop.state.appendingPathComponent("lock").path
                    #expect(
                        second.errors.contains("\(lock) is locked by process \(daemon.pid)"), "\(second.errors)")
                    let repair = try ProgramRun("inspectctl", ["repair", "--config", other])
                    #expect(repair.status == 69, "\(repair.errors)")
                    // Commands that work beside a daemon are not held up.
                    #expect(try shop.control("model", "activate", "plate", "1").status == 0)
                    #expect(try shop.control("status", "--fail-if-down").status == 0)
                }
            }
        }
    }
}
