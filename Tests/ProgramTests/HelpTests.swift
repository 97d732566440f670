import Foundation
import Testing

extension ProgramTests {
    /// The help of the programs. The texts of the daemon and of the commands that steer it are kept word for word under
    /// Tests/Fixtures/help; `INSPECTD_WRITE_HELP=1` writes them anew after an intended change.
    @Suite struct Help {
        private static let kept = ["status", "history", "requeue", "repair", "retention", "calibrate", "sinks"]
        private static let folder = Programs.project.appendingPathComponent("Tests/Fixtures/help")
        private static let writes = ProcessInfo.processInfo.environment["INSPECTD_WRITE_HELP"] != nil

        @Test(arguments: [("inspectd", [String]()), ("inspectd-gateway", [])] + kept.map { ("inspectctl", [$0]) })
        func the_whole_text_is_as_it_was_agreed(program: String, command: [String]) throws {
            let run = try ProgramRun(program, command + ["--help"])
            #expect(run.status == 0 && run.errors.isEmpty)
            let file = Self.folder.appendingPathComponent(([program] + command).joined(separator: "-") + ".txt")
            if Self.writes { try Data(run.output.utf8).write(to: file) }
            #expect(run.output == (try String(contentsOf: file, encoding: .utf8)))
        }

        /// The names that `inspectctl --help` lists.
        private static func commands() throws -> [String] {
            let lines =
                try ProgramRun("inspectctl", ["--help"]).output.components(separatedBy: "SUBCOMMANDS:").last ?? ""
            return lines.split(separator: "\n").compactMap { line in
                guard line.hasPrefix("  "), !line.hasPrefix("   ") else { return nil }
                return line.split(separator: " ").first.map(String.init)
            }.filter { $0 != "See" }
        }

        @Test func every_command_says_what_it_does_shows_an_example_and_explains_each_option() throws {
            let commands = try Self.commands()
            #expect(commands.count >= 13 && Set(Self.kept).isSubset(of: commands), "\(commands)")
            for command in commands {
                let help = try ProgramRun("inspectctl", [command, "--help"]).output
                #expect(help.hasPrefix("OVERVIEW: ") && help.contains("USAGE: inspectctl \(command)"), "\(command)")
                let hasSubcommands = help.contains("SUBCOMMANDS:")
                #expect(
                    hasSubcommands || help.components(separatedBy: "USAGE:")[0].contains("inspectctl \(command)"),
                    "\(command) shows no example")
                let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
                for (index, line) in lines.enumerated() where line.hasPrefix("  --") || line.hasPrefix("  -h") {
                    // The explanation stands behind the option, or below it where the option is long.
                    let words = line.split(separator: " ").drop {
                        $0.hasPrefix("-") || $0.hasPrefix("<") || $0 == "..."
                    }
                    let below = index + 1 < lines.count && lines[index + 1].hasPrefix(String(repeating: " ", count: 20))
                    #expect(!words.isEmpty || below, "\(command): \(line) is not explained")
                }
            }
        }
    }
}
