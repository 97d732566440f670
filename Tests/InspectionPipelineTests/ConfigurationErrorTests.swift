import Foundation
import InspectionPipeline
import TestSupport
import Testing

/// The messages of invalid configurations, word for word: operators and scripts rely on file, line, key and remedy.
@Suite struct ConfigurationErrorTests {
    static let minimalLine = "  - name: a\n    watch: /cameras/a\n"

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let yaml: String
        let says: [String]
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "unknown top key", yaml: "state: /s\nworker: 2\n",
            says: [
                "f.yaml:2: worker: unknown key, did you mean 'workers'? allowed: state, spool, workers, scan_interval, "
                    + "max_megapixels, lines, retention, gateway"
            ]),
        Case(
            name: "unknown key of a line, nothing near", yaml: "lines:\n\(minimalLine)    colour: red\n",
            says: [
                "f.yaml:4: lines[0].colour: unknown key; allowed: name, watch, model, gate, product, "
                    + "false_alarm_rate, confidence, after, overlay, map, follow_links, only, ignore, settle, intensity"
            ]),
        Case(
            name: "product without a gate", yaml: "lines:\n\(minimalLine)    product: bottle\n",
            says: [
                "f.yaml:4: lines[0].product: names what the gate must recognise, but the line has no gate; give gate: MODEL "
                    + "too"
            ]),
        Case(
            name: "number for text", yaml: "lines:\n  - name: 7\n    watch: /c\n",
            says: [
                "f.yaml:2: lines[0].name: expected text, got the number 7; put it in quotes if that is the text"
            ]),
        Case(
            name: "text for a number", yaml: "lines:\n\(minimalLine)    false_alarm_rate: low\n",
            says: [
                "f.yaml:4: lines[0].false_alarm_rate: expected a number above 0 and below 1, as in 0.01, got 'low'"
            ]),
        Case(
            name: "number out of range", yaml: "lines:\n\(minimalLine)    confidence: 95\n",
            says: ["f.yaml:4: lines[0].confidence: expected a number above 0 and below 1, as in 0.01, got 95"]),
        Case(
            name: "misspelt choice", yaml: "lines:\n\(minimalLine)    after: achive\n",
            says: [
                "f.yaml:4: lines[0].after: expected archive, keep or delete, got 'achive'; did you mean 'archive'?"
            ]),
        Case(
            name: "boolean for a choice", yaml: "lines:\n\(minimalLine)    overlay: off\n",
            says: ["f.yaml:4: lines[0].overlay: expected always, anomalous or never, got the boolean \"off\""]),
        Case(
            name: "missing key", yaml: "lines:\n  - name: a\n",
            says: ["f.yaml:2: lines[0]: the key 'watch' is missing; every line needs name and watch"]),
        Case(
            name: "a mapping where a list belongs", yaml: "lines:\n  name: a\n",
            says: ["f.yaml:2: lines: expected a list, got keys and values"]),
        Case(
            name: "a list where keys belong", yaml: "retention: [30d]\n",
            says: ["f.yaml:1: retention: expected keys and values (results, archive, min_free), got a list"]),
        Case(
            name: "duration without a unit", yaml: "retention: { results: 30 }\n",
            says: [
                "f.yaml:1: retention.results: expected a number and a unit: s, m, h, d or w, as in 90s, 12h, 30d, "
                    + "got the number 30"
            ]),
        Case(
            name: "size with an unknown unit", yaml: "retention:\n  min_free: 5gigs\n",
            says: [
                "f.yaml:2: retention.min_free: expected a number and a unit: B, KiB, MiB, GiB, TiB, kB, MB, GB or TB, "
                    + "as in 5GiB, got '5gigs'"
            ]),
        Case(
            name: "workers", yaml: "workers: 0\n",
            says: ["f.yaml:1: workers: expected auto, or a whole number from 1 to 256, got the number 0"]),
        Case(
            name: "home folder", yaml: "state: ~/inspectd\n",
            says: ["f.yaml:1: state: expected a path ('~' and '$' are not expanded), got '~/inspectd'"]),
        Case(
            name: "a name that is no folder's", yaml: "lines:\n  - name: ../a\n    watch: /c\n",
            says: [
                "f.yaml:2: lines[0].name: expected \(Identifier.allowed), got '../a'"
            ]),
        Case(
            name: "one name twice", yaml: "lines:\n\(minimalLine)  - name: a\n    watch: /cameras/b\n",
            says: [
                "f.yaml:4: lines[1].name: the name 'a' is taken by the line at 2; names of lines are unique"
            ]),
        Case(
            name: "one folder twice", yaml: "lines:\n\(minimalLine)  - name: b\n    watch: /cameras/a/\n",
            says: [
                "f.yaml:5: lines[1].watch: /cameras/a is the same folder as /cameras/a, which line 'a' watches (at 3); "
                    + "folders are watched with their subfolders, so lines need separate ones"
            ]),
        Case(
            name: "a folder inside another line's",
            yaml: "lines:\n\(minimalLine)  - name: b\n    watch: /cameras/a/x\n",
            says: [
                "f.yaml:5: lines[1].watch: /cameras/a/x is inside /cameras/a, which line 'a' watches (at 3); "
                    + "folders are watched with their subfolders, so lines need separate ones"
            ]),
        Case(
            name: "a watched folder around the spool", yaml: "spool: /data/spool\nlines:\n- {name: a, watch: /data}\n",
            says: [
                "f.yaml:3: lines[0].watch: /data contains /data/spool, the spool folder; frames must arrive elsewhere"
            ]),
        Case(
            name: "one key twice", yaml: "state: /a\nstate: /b\n",
            says: ["f.yaml:1: the key 'state' is given more than once"]),
        Case(
            name: "no YAML", yaml: "state: /a\nlines: [a\n",
            says: ["f.yaml:3: is not YAML: did not find expected ',' or ']' while parsing a flow sequence"]),
        Case(
            name: "text instead of a configuration", yaml: "hello\n",
            says: [
                "f.yaml:1: expected keys and values (state, spool, workers, scan_interval, max_megapixels, lines, "
                    + "retention, gateway), got 'hello'"
            ]),
    ]

    @Test(arguments: cases)
    func an_invalid_configuration_names_file_line_key_and_the_allowed_values(_ example: Case) {
        #expect(throws: ConfigurationErrors.self) { try Configuration.parse(example.yaml, file: "f.yaml") }
        do {
            _ = try Configuration.parse(example.yaml, file: "f.yaml")
        } catch {
            #expect(error.problems.map(\.description) == example.says)
        }
    }

    @Test func every_problem_is_reported_at_once_in_the_files_order() {
        let yaml = """
            lines:
              - name: a
                watch: /c/a
                after: burn
                confidence: 2
              - name: a
                wach: /c/b
            workers: many
            retention: { results: soon }
            """
        do {
            _ = try Configuration.parse(yaml, file: "/etc/i.yaml")
            Issue.record("accepted")
        } catch {
            #expect(error.problems.map(\.line) == [4, 5, 6, 7, 8, 9])
            #expect(error.description.split(separator: "\n").count == 6)
            #expect(error.description.hasPrefix("/etc/i.yaml:4: lines[0].after: expected archive, keep or delete"))
        }
    }

    @Test func a_missing_file_and_a_file_that_is_not_text_have_different_errors() throws {
        try withTemporaryFolder { folder in
            let missing = folder.appendingPathComponent("none.yaml").path
            do {
                _ = try Configuration.load(path: missing)
                Issue.record("accepted")
            } catch {
                #expect(
                    "\(error)"
                        == "\(missing): the file does not exist; create it, or name another with --config FILE")
            }
            let binary = folder.appendingPathComponent("binary.yaml")
            try Data([0xff, 0xfe, 0x00, 0x80]).write(to: binary)
            do {
                _ = try Configuration.load(path: binary.path)
                Issue.record("accepted")
            } catch {
                #expect("\(error)" == "\(binary.path): is not UTF-8 text")
            }
        }
    }
}
