import ArgumentParser
import Foundation
import InspectionPipeline

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Checks and documents the configuration.",
        subcommands: [Check.self, Reference.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks the configuration, and the models and folders that it names.",
            discussion: """
                Prints every error with its file, line and key. Exit code 78 if the configuration is wrong, 65 or 66 \
                if only models are damaged or missing, 0 if everything is OK. Every model scores its self-test frame.

                  inspectctl config check --config samples/inspectd.yaml
                """)

        @OptionGroup var global: GlobalOptions

        private struct Report: Encodable {
            let file, lines: String
            let remarks: [String]
        }

        func run() throws {
            let configuration = try global.existingConfiguration()
            let problems = ConfigurationCheck.problems(of: configuration)
            guard problems.isEmpty else { throw ConfigurationErrors(problems) }
            let file = configuration.file ?? Configuration.defaultPath
            let remarks = FolderRemarks.remarks(of: configuration)
            switch global.format {
            case .text:
                Output.print(
                    "\(file): OK (\(configuration.lines.count) line\(configuration.lines.count == 1 ? "" : "s"))")
                for remark in remarks { Output.print(remark) }
            case .json:
                try Output.printJSON(Report(file: file, lines: String(configuration.lines.count), remarks: remarks))
            }
        }
    }

    struct Reference: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints every key of the configuration with its type, default and meaning.",
            discussion: """
                  inspectctl config reference \
                  inspectctl config reference --style man | man -l -
                """)

        enum Style: String, ExpressibleByArgument, CaseIterable {
            case markdown, man, example
        }

        @Option(help: ArgumentHelp("The format of the reference.", valueName: "markdown|man|example"))
        var style = Style.markdown

        func run() throws {
            let text =
                switch style {
                case .markdown: ConfigurationReference.markdown
                case .man: ConfigurationReference.manualPage
                case .example: ConfigurationReference.example + "\n"
                }
            FileHandle.standardOutput.write(Data(text.utf8))
        }
    }
}
