import Foundation
import InspectionDomain

/// The reference of `inspectd.yaml`, printed from the one declaration of its keys.
package enum ConfigurationReference {
    private static let introduction = [
        "inspectd and inspectctl read one YAML file, \(Configuration.defaultPath) unless --config names another.",
        "Unknown keys, wrong types and values that are not allowed are errors with file, line and key; `inspectctl config check` "
            + "lists them all. `systemctl reload inspectd` puts a changed file in force, except for state, spool and workers; "
            + "an invalid file changes nothing.",
        "A relative path is relative to the file's folder; ~ and $ are not expanded. A duration is \(Quantity.durationsAllowed); "
            + "a size is \(Quantity.sizesAllowed).",
    ]

    /// docs/CONFIGURATION.md.
    package static var markdown: String {
        var lines = ["# Configuration", "", "Printed by `inspectctl config reference`.", ""]
        for paragraph in introduction { lines += [wrapped(paragraph), ""] }
        for section in ConfigurationKey.Section.allCases {
            lines += ["## \(section.title)", "", section.text, ""]
            lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
            lines += keys(section).map { key in
                let value = key.type + (key.allowed.isEmpty ? "" : ": \(key.allowed)")
                return "| `\(key.name)` | \(value) | \(key.standard ?? "required") | \(key.meaning) |"
            }
            lines.append("")
        }
        lines += ["## Example", "", "```yaml", example, "```"]
        return lines.joined(separator: "\n") + "\n"
    }

    /// inspectd.yaml(5), as `man` reads it.
    package static var manualPage: String {
        var lines = [
            ".TH INSPECTD.YAML 5 \"\" \"inspectd \(programVersion)\"", ".SH NAME",
            "inspectd.yaml \\- configuration of inspectd", ".SH DESCRIPTION",
        ]
        lines.append(introduction.map(escaped).joined(separator: "\n.PP\n"))
        for section in ConfigurationKey.Section.allCases {
            lines += [".SH \(escaped(section.title).uppercased())", escaped(section.text)]
            for key in keys(section) {
                let value = key.type + (key.allowed.isEmpty ? "" : ": \(key.allowed)")
                lines += [
                    ".TP", ".B \(key.name)", escaped(key.meaning), ".br", escaped("Value: \(value)."), ".br",
                    escaped(key.standard.map { "Default: \($0)." } ?? "Required."),
                ]
            }
        }
        lines += [".SH EXAMPLE", ".nf"] + example.split(separator: "\n").map { escaped(String($0)) }
        lines += [".fi", ".SH SEE ALSO", "inspectctl(1), inspectd(1)"]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func keys(_ section: ConfigurationKey.Section) -> [ConfigurationKey] {
        Configuration.keys.filter { $0.section == section }
    }

    /// A whole file with every key's example value.
    package static var example: String {
        func entries(_ section: ConfigurationKey.Section) -> [String] {
            keys(section).filter { !["keys", "list", "list of keys", "list or keys"].contains($0.type) }.map {
                "\($0.name): \($0.example)"
            }
        }
        func item(_ section: ConfigurationKey.Section) -> [String] {
            entries(section).enumerated().map { ($0 == 0 ? "  - " : "    ") + $1 }
        }
        func indented(_ lines: [String]) -> [String] { lines.map { "  " + $0 } }
        let sinks = ["exec:"] + indented(entries(.command)) + ["webhook:"] + item(.webhook)
        return
            (entries(.top) + ["lines:"] + item(.line) + ["retention:"] + indented(entries(.retention)) + ["gateway:"]
            + indented(entries(.gateway) + sinks))
            .joined(separator: "\n")
    }

    /// Lines of at most 120 columns.
    private static func wrapped(_ text: String) -> String {
        var lines = [""]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].count + word.count + 1 > 120 { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
        }
        return lines.joined(separator: "\n")
    }

    /// Text of a manual page: a line must not begin with a control character, and a backslash is one.
    private static func escaped(_ text: String) -> String {
        let plain = text.replacing("\\", with: "\\e").replacing("`", with: "")
        return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
    }
}
