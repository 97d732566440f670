import Foundation
import LinuxPlatform
import TestSupport
import Testing

extension ProgramTests {
    /// Names of files that would forge lines, steer a terminal or be run by a spreadsheet.
    @Suite struct HostileNames {
        private static let names = [
            "a\n2026-01-01T00:00:00Z line plate forged: all is well.jpg", "b\u{1b}]0;owned\u{7}\u{1b}[31m.jpg",
            "c\u{202e}gpj.jpg", "d\r\ne.jpg", "e\u{9b}31m\u{85}.jpg", "f\u{2028}g.jpg",
        ]

        /// Whether nothing in a text steers: line feeds end lines, everything else shows itself.
        private func isHarmless(_ text: String) -> Bool {
            text.unicodeScalars.allSatisfy { scalar in
                scalar == "\n"
                    || scalar.value >= 0x20 && scalar.value != 0x7f && !(0x80...0x9f).contains(scalar.value)
                        && ![0x202e, 0x2028, 0x2029].contains(scalar.value)
            }
        }

        @Test func no_name_steers_a_terminal_or_forges_a_line_wherever_it_is_shown() throws {
            try Workshop.open { shop in
                for (index, name) in Self.names.enumerated() {
                    try DurableFile.write(
                        try index < 3 ? Pictures.flawless(index) : BrokenFile.text.data(index),
                        to: RawPath(shop.watched().path).appending(RawPath(name)))
                }
                // The readable log, as on a terminal.
                let log = shop.root.appendingPathComponent("text.log")
                try Data().write(to: log)
                let process = Process()
                process.executableURL = URL(fileURLWithPath: try Programs.path("inspectd"))
                process.arguments = ["--config", shop.configurationFile, "--log", "text"]
                process.standardError = try FileHandle(forWritingTo: log)
                try process.run()
                defer {
                    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
                    process.waitUntilExit()
                }
                try shop.waitForResults(Self.names.count)
                process.terminate()
                process.waitUntilExit()
                let text = try String(contentsOf: log, encoding: .utf8)
                #expect(isHarmless(text))
                let lines = text.split(separator: "\n")
                #expect(!lines.contains { $0.contains("forged") && $0.hasPrefix("2026-01-01") }, "\(text)")
                #expect(text.contains("a\\x0a2026-01-01") && text.contains("\\u{202e}gpj"), "\(text)")

                for command in [["status"], ["history"], ["history", "--csv"], ["requeue"], ["retention"]] {
                    let run = try ProgramRun("inspectctl", command + ["--config", shop.configurationFile])
                    #expect(run.status == 0 && isHarmless(run.output + run.errors), "\(command): \(run.output)")
                }
                #expect(try shop.control("history").lines.count == Self.names.count + 1)
                #expect(try shop.control("history", "--csv").lines.count == Self.names.count + 1)
                #expect(try shop.control("requeue").lines.count == Self.names.count - 3 + 1)
                // And the exact names come back.
                #expect(try shop.control("requeue", "--all").status == 0)
                let back = try FileSystem().list(RawPath(shop.watched().path)).map(\.name).sorted()
                #expect(back == Self.names[3...].map { RawPath($0) }.sorted())

                let path = shop.watched().path + "/\(Self.names[1])"
                for arguments in [["inspect", path, "--model", "plate"], ["model", "show", "a\u{1b}[2Jb"]] {
                    let run = try ProgramRun("inspectctl", arguments + ["--config", shop.configurationFile])
                    #expect(isHarmless(run.output + run.errors), "\(run.output)\(run.errors)")
                }
                try shop.write("state: s\nspool: p\nlines:\n  - name: \"a\\e[2J\"\n    \"k\\e\\nx\": 1\n", to: path)
                let check = try ProgramRun("inspectctl", ["config", "check", "--config", path])
                #expect(check.status == 78 && isHarmless(check.errors), "\(check.errors)")
            }
        }
    }
}
