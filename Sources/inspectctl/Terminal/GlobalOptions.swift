import ArgumentParser
import Foundation
import InspectionDomain
import InspectionPipeline
import LinuxPlatform

/// Options of every command.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: .customLong("config"), help: ArgumentHelp("The configuration file.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var configurationFile: String?

    @Option(help: ArgumentHelp("The format of results.", valueName: "text|json"))
    var format = OutputFormat.text

    @Flag(help: "Print only results and errors, no progress.")
    var quiet = false

    /// The named file, else the one in /etc, else the built-in defaults.
    func configuration() throws -> Configuration {
        if let configurationFile { return try Configuration.load(path: configurationFile) }
        guard try FileSystem().exists(RawPath(Configuration.defaultPath)) else { return Configuration() }
        return try Configuration.load(path: Configuration.defaultPath)
    }

    /// The named file, else the one in /etc: for commands that must not use the built-in defaults.
    func existingConfiguration() throws -> Configuration {
        let configuration = try configuration()
        guard configuration.file != nil else {
            throw ProgramError(
                .configuration,
                "there is no configuration \(Configuration.defaultPath); write it (example: "
                    + "\(Configuration.defaultPath).example), or give another file with --config FILE")
        }
        return configuration
    }

    /// The configuration and one of its lines.
    func line(_ name: String) throws -> (Configuration, Configuration.Line) {
        let configuration = try configuration()
        guard let line = configuration.line(named: name) else {
            let names = configuration.lines.map(\.name).joined(separator: ", ")
            throw ProgramError(
                .usage,
                "there is no line '\(name.printable)' in \(configuration.file ?? "the built-in defaults"); "
                    + (names.isEmpty ? "it has no lines: give another file with --config" : "it has \(names)"))
        }
        return (configuration, line)
    }

    func progress(_ title: String, total: Int) -> ProgressBar {
        ProgressBar(title: title, total: total, enabled: !quiet)
    }

    /// Prints a remark, which is not a result, on stderr.
    func remark(_ text: String) { Self.remark(text, quiet: quiet) }

    static func remark(_ text: String, quiet: Bool) {
        guard !quiet else { return }
        FileHandle.standardError.write(Data((PrintableText.escaped(text, keepsLines: true) + "\n").utf8))
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}
