import ArgumentParser
import Foundation
import InspectionDomain
import InspectionPipeline

@main
struct Inspectctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspectctl",
        abstract: "Fits, calibrates and evaluates models, and controls inspectd.",
        discussion: """
            Start with `inspectctl demo`: it draws sample frames, fits, calibrates, runs the daemon and shows its \
            verdicts.

            Exit codes: 0 success (an anomaly is not an error), 64 usage, 65 bad data, 66 no input, 69 unavailable, 74 \
            I/O, 77 permission, 78 configuration.
            """,
        version: programVersion,
        subcommands: [
            DemoCommand.self, FitCommand.self, CalibrateCommand.self, InspectCommand.self, EvaluateCommand.self,
            CompareCommand.self, StatusCommand.self, HistoryCommand.self, RenderCommand.self, RequeueCommand.self,
            RepairCommand.self, RetentionCommand.self, SinksCommand.self, BenchmarkCommand.self, ModelCommand.self,
            BackboneCommand.self, ConfigCommand.self, DatasetCommand.self, ManualCommand.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot(MethodCommands.current(Array(CommandLine.arguments.dropFirst())))
            try command.run()
        } catch {
            fail(error)
        }
    }

    /// Exits: in ArgumentParser's way for its own errors, with the project's exit codes for all others.
    private static func fail(_ error: any Error) -> Never {
        // Help, version, usage errors and `ExitCode` are ArgumentParser's errors.
        let code = exitCode(for: error)
        if code == .success || code == .validationFailure || error is ExitCode { exit(withError: error) }
        FileHandle.standardError.write(
            Data("inspectctl: \(PrintableText.escaped(ExitStatus.message(of: error), keepsLines: true))\n".utf8))
        Foundation.exit(ExitStatus(for: error).rawValue)
    }
}
