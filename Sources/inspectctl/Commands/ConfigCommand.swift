import ArgumentParser
import InspectionPipeline

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Looks after the configuration.", subcommands: [Check.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Validates the configuration, the models and the folders it names.",
            discussion: """
                Prints everything that is wrong with file, line and key, and ends with 78; with 0 when all is well.

                  inspectctl config check --config samples/inspectd.yaml
                """)

        @OptionGroup var global: GlobalOptions

        func run() throws {
            let configuration = try global.configuration()
            let problems = ConfigurationCheck.problems(of: configuration)
            guard problems.isEmpty else { throw ConfigurationErrors(problems) }
            let file = configuration.file ?? "built-in defaults"
            switch global.format {
            case .text:
                Output.print("\(file): right; \(configuration.lines.count) line(s)")
            case .json:
                try Output.printJSON(["file": file, "lines": String(configuration.lines.count)])
            }
        }
    }
}
