import Foundation
import InspectionDomain
import InspectionPipeline
import TestSupport
import Testing

/// The reference is what the parser accepts, and the page in docs is what the program prints.
@Suite struct ConfigurationReferenceTests {
    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("docs/CONFIGURATION.md")

    /// A file with one key, everything else as in a valid one.
    private func file(_ key: ConfigurationKey, _ value: String) -> String {
        switch key.section {
        case .top: "\(key.name): \(value)\n"
        case .retention: "retention:\n  \(key.name): \(value)\n"
        case .gateway: "gateway:\n  \(key.name): \(value)\n"
        case .command: sink("exec:", "  ", key, value, ("command", "[/bin/true]"))
        case .webhook: sink("webhook:", "- ", key, value, ("url", "https://host/path"))
        case .line:
            "lines:\n  - \(key.name): \(value)\n"
                + [("name", "plate"), ("watch", "/cameras/plate"), ("gate", "products")]
                .filter { $0.0 != key.name }.map { "    \($0.0): \($0.1)\n" }.joined()
        }
    }

    private func sink(
        _ head: String, _ mark: String, _ key: ConfigurationKey, _ value: String,
        _ required: (name: String, value: String)
    ) -> String {
        let other = key.name == required.name ? "" : "      \(required.name): \(required.value)\n"
        return "gateway:\n  \(head)\n    \(mark)\(key.name): \(value)\n" + other
    }

    private func path(_ key: ConfigurationKey) -> String {
        switch key.section {
        case .top: key.name
        case .line: "lines[0].\(key.name)"
        case .retention: "retention.\(key.name)"
        case .gateway: "gateway.\(key.name)"
        case .command: "gateway.exec.\(key.name)"
        case .webhook: "gateway.webhook[0].\(key.name)"
        }
    }

    @Test(arguments: Configuration.keys.map(\.name))
    func every_key_takes_its_example_and_refuses_what_it_cannot_be(name: String) throws {
        for key in Configuration.keys where key.name == name {
            _ = try Configuration.parse(file(key, key.example), file: "/etc/i.yaml")
            // A mapping in a list is invalid for every key.
            let error = #expect(throws: ConfigurationErrors.self) {
                try Configuration.parse(file(key, "[{a: [b]}]"), file: "/etc/i.yaml")
            }
            #expect(
                error?.problems.contains { $0.key.hasPrefix(path(key)) } == true,
                "\(key.name) is declared, but nobody reads it: \(error?.description ?? "")")
        }
    }

    @Test func the_whole_example_is_a_configuration() throws {
        let configuration = try Configuration.parse(ConfigurationReference.example, file: "/etc/i.yaml")
        #expect(configuration.lines.map(\.name) == ["plate"] && configuration.retention.minFree == 5 << 30)
        #expect(configuration.gateway?.sinks.map(\.name) == ["mes-exec", "mes-webhook"])
    }

    @Test func the_documented_default_holds_without_the_key() throws {
        let configuration = try Configuration.parse(
            "lines: [{name: plate, watch: /cameras/plate}]", file: "/etc/i.yaml")
        let line = configuration.lines[0]
        func standard(_ section: ConfigurationKey.Section, _ name: String) -> String? {
            Configuration.keys.first { $0.section == section && $0.name == name }?.standard
        }
        #expect(standard(.top, "state") == configuration.state && standard(.top, "spool") == configuration.spool)
        #expect(standard(.top, "workers") == "auto" && configuration.workers == .auto)
        #expect(standard(.top, "scan_interval") == Quantity.text(configuration.scanInterval))
        #expect(standard(.top, "max_megapixels") == "100" && configuration.maxMegapixels == 100)
        #expect(standard(.line, "false_alarm_rate") == "0.01" && line.falseAlarmRate == 0.01)
        #expect(standard(.line, "after") == line.after.rawValue && standard(.line, "overlay") == line.overlay.rawValue)
        #expect(standard(.line, "settle") == Quantity.text(line.settle))
        #expect(standard(.line, "model") == "the line's name" && line.model == line.name)
        #expect(standard(.retention, "results") == "never" && configuration.retention.results == nil)
        #expect(standard(.line, "name") == nil && standard(.line, "watch") == nil)
    }

    /// `INSPECTD_WRITE_HELP=1` rewrites it after an intended change.
    @Test func the_page_in_docs_is_what_the_program_prints() throws {
        let text = ConfigurationReference.markdown
        if ProcessInfo.processInfo.environment["INSPECTD_WRITE_HELP"] != nil {
            try Data(text.utf8).write(to: Self.page)
        }
        #expect(try String(contentsOf: Self.page, encoding: .utf8) == text)
        for key in Configuration.keys { #expect(text.contains("| `\(key.name)` |")) }
    }

    @Test func no_line_of_the_manual_page_is_a_macro_by_mistake() {
        let page = ConfigurationReference.manualPage
        let macros = [".TH ", ".SH ", ".PP", ".TP", ".B ", ".br", ".nf", ".fi"]
        for line in page.split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'") {
            #expect(macros.contains { line.hasPrefix($0) }, "\(line)")
        }
        for key in Configuration.keys { #expect(page.contains("\n.B \(key.name)\n"), "\(key.name)") }
    }
}
