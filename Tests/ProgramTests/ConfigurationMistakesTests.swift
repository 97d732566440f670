import Foundation
import Testing

extension ProgramTests {
    /// The messages about mistakes in the configuration.
    @Suite struct ConfigurationMistakes {
        struct Mistake: CustomTestStringConvertible {
            let name: String
            let right: String
            let wrong: String
            /// The position in the message, and the names that it must contain.
            let line: Int
            let key: String
            let words: [String]
            var testDescription: String { name }
        }

        static let mistakes = [
            Mistake(
                name: "unknown key", right: "watch:", wrong: "wach:", line: 7, key: "lines[0].wach",
                words: ["unknown key", "did you mean 'watch'", "false_alarm_rate"]),
            Mistake(
                name: "value of the wrong type", right: "workers: 2", wrong: "workers: many", line: 3, key: "workers",
                words: ["auto", "whole number from 1 to 256", "'many'"]),
            Mistake(
                name: "value out of range", right: "0.05", wrong: "1.5", line: 9, key: "lines[0].false_alarm_rate",
                words: ["above 0 and below 1", "1.5"]),
            Mistake(
                name: "word that is not allowed", right: "after: archive", wrong: "after: achive", line: 10,
                key: "lines[0].after", words: ["archive, keep or delete", "'achive'", "did you mean 'archive'"]),
            Mistake(
                name: "no YAML", right: "watch: cameras/plate", wrong: "watch: [cameras/plate", line: 8, key: "",
                words: ["is not YAML"]),
        ]

        @Test(arguments: mistakes)
        func each_names_file_line_key_and_what_is_allowed_and_ends_with_78(_ mistake: Mistake) throws {
            try Workshop.open { shop in
                let text = try String(contentsOfFile: shop.configurationFile, encoding: .utf8)
                let changed = text.replacingOccurrences(of: mistake.right, with: mistake.wrong)
                try #require(changed != text)
                try shop.write(changed, to: shop.configurationFile)
                let place =
                    "\(shop.configurationFile):\(mistake.line):" + (mistake.key.isEmpty ? "" : " \(mistake.key):")
                let runs = [
                    try ProgramRun("inspectd", ["--config", shop.configurationFile], within: 10),
                    try ProgramRun("inspectd", ["--config", shop.configurationFile, "--check"], within: 10),
                    try shop.control("config", "check"), try shop.control("status"),
                ]
                for run in runs {
                    #expect(run.status == 78)
                    for words in [place] + mistake.words {
                        #expect(run.errors.contains(words), "'\(words)' is not in: \(run.errors)")
                    }
                }
                #expect(!FileManager.default.fileExists(atPath: shop.spool.path), "something was made all the same")
            }
        }

        @Test func missing_requirements_of_the_machine_are_reported_before_the_daemon_starts() throws {
            try Workshop.open { shop in
                try FileManager.default.removeItem(at: shop.watched())
                let run = try ProgramRun("inspectd", ["--config", shop.configurationFile], within: 10)
                #expect(run.status == 78)
                #expect(
                    run.errors.contains("lines[0].watch: the folder \(shop.watched().path) does not exist"),
                    "\(run.errors)")
                let missing = try ProgramRun("inspectd", ["--config", "/nowhere/inspectd.yaml"], within: 10)
                #expect(missing.status == 78)
                #expect(missing.errors.contains("/nowhere/inspectd.yaml: the file does not exist"), "\(missing.errors)")
            }
        }

        @Test func a_valid_configuration_is_reported_as_ok() throws {
            try Workshop.open { shop in
                let run = try ProgramRun("inspectd", ["--config", shop.configurationFile, "--check"], within: 10)
                #expect(run.status == 0 && run.output.contains("OK (1 line)"), "\(run.errors)")
            }
        }
    }
}
