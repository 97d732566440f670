import Foundation
import InspectionPipeline

/// A manual page of section 1 from ArgumentParser's description of a program (`PROGRAM --experimental-dump-help`).
struct ManualPage {
    private struct Dump: Decodable {
        let command: Command
    }

    private struct Command: Decodable {
        let commandName: String
        let abstract, discussion: String?
        let shouldDisplay: Bool?
        let arguments: [Argument]?
        let subcommands: [Command]?
    }

    private struct Argument: Decodable {
        struct Name: Decodable {
            let kind, name: String
        }

        let kind: String
        let names: [Name]?
        let valueName, abstract, discussion, defaultValue: String?
        let isOptional, isRepeating, shouldDisplay: Bool?
    }

    private let command: Command

    /// - Throws: `DecodingError` for data that is no such description.
    init(dump: Data) throws { command = try JSONDecoder().decode(Dump.self, from: dump).command }

    var text: String {
        var lines = [
            ".TH \(command.commandName.uppercased()) 1 \"\" \"inspectd \(programVersion)\"", ".SH NAME",
            "\(command.commandName) \\- " + Roff.line(command.abstract ?? ""),
        ]
        lines += [".SH SYNOPSIS"] + synopsis(command, command.commandName)
        lines += [".SH DESCRIPTION"] + Roff.literal(command.discussion ?? "")
        if let options = options(command) { lines += [".SH OPTIONS"] + options }
        let commands = (command.subcommands ?? []).flatMap { described($0, command.commandName) }
        if !commands.isEmpty { lines += [".SH COMMANDS"] + commands }
        lines += [".SH SEE ALSO", "inspectd(1), inspectctl(1), inspectd.yaml(5)"]
        return lines.joined(separator: "\n") + "\n"
    }

    /// A command and its subcommands.
    private func described(_ command: Command, _ parent: String) -> [String] {
        guard command.shouldDisplay != false, command.commandName != "help" else { return [] }
        let name = "\(parent) \(command.commandName)"
        let below = (command.subcommands ?? []).flatMap { described($0, name) }
        var lines = [".SS \(Roff.line(name))", Roff.line(command.abstract ?? "")]
        if below.isEmpty {
            lines += [".PP"] + synopsis(command, name)
            let discussion = Roff.literal(command.discussion ?? "")
            lines += (discussion.isEmpty ? [] : [".PP"]) + discussion + (options(command) ?? [])
        }
        return lines + below
    }

    private func shown(_ command: Command) -> [Argument] {
        (command.arguments ?? []).filter { argument in
            argument.shouldDisplay != false && !["help", "version"].contains(argument.names?.last?.name)
        }
    }

    private func synopsis(_ command: Command, _ name: String) -> [String] {
        let values = shown(command).filter { $0.kind == "positional" }.map { argument in
            let value = "<\(argument.valueName ?? "value")>" + (argument.isRepeating == true ? " ..." : "")
            return argument.isOptional == true ? "[\(value)]" : value
        }
        let isParent = !(command.subcommands ?? []).filter { $0.commandName != "help" }.isEmpty
        let rest = isParent ? ["<command>"] : ["[<options>]"] + values
        return [Roff.line(([name] + rest).joined(separator: " "))]
    }

    /// Nil where there are none.
    private func options(_ command: Command) -> [String]? {
        let entries = shown(command).flatMap { argument -> [String] in
            let names = (argument.names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name }
            let value = argument.kind == "flag" ? "" : "<\(argument.valueName ?? "value")>"
            let head =
                argument.kind == "positional"
                ? value : names.joined(separator: ", ") + (value.isEmpty ? "" : " " + value)
            let standard = argument.defaultValue.map { " Default: \($0)." } ?? ""
            return [".TP", ".B " + Roff.line(head), Roff.line((argument.abstract ?? "") + standard)]
        }
        return entries.isEmpty ? nil : entries
    }
}

/// Text escaped for roff.
enum Roff {
    /// Text on one line; none of it is taken for a request.
    static func line(_ text: String) -> String {
        let plain = text.replacing("\\", with: "\\e").replacing("\n", with: " ").replacing("-", with: "\\-")
        return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
    }

    /// Paragraphs; indented lines stay separate lines, because roff breaks before a leading blank.
    static func literal(_ text: String) -> [String] {
        guard !text.isEmpty else { return [] }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? ".PP" : line(String($0)) }
    }
}
