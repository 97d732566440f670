import Delivery
import Foundation
import InspectionDomain
import InspectionPipeline
import LinuxPlatform
import Logging

/// Starts a program for each record, which receives it on its standard input.
///
/// Exit status 0 acknowledges the record. 65 (`EX_DATAERR`) refuses it for good. Everything else is retried: 75
/// (`EX_TEMPFAIL`), a signal, the time limit, and any other status, because a script that fails unexpectedly, or whose
/// interpreter is missing, says nothing about the record.
struct CommandSink: Sink {
    /// A program of one's own may not expect a second copy of itself.
    let concurrency = 1
    let timeLimit: Duration
    private let settings: CommandSettings
    private let name: String
    private let logger: Logger

    init(_ settings: CommandSettings, name: String, _ surroundings: SinkSurroundings) {
        (self.settings, self.name, logger) = (settings, name, surroundings.logger)
        timeLimit = settings.timeout
    }

    /// Output that is kept for the log.
    private static let largestOutput = 4096
    private static let refusal: Int32 = 65

    func deliver(_ message: OutgoingMessage) async -> DeliveryOutcome {
        let outcome: ChildProcess.Outcome
        do {
            outcome = try await run(message)
        } catch {
            return .failed("\(settings.program) cannot be started: \(error)")
        }
        let output = String(decoding: outcome.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        let ending = words(outcome.ending)
        if !output.isEmpty {
            logger.event(
                .sinkOutput, outcome.ending == .exited(0) ? .info : .warning,
                "\(settings.program) \(ending) and wrote\(outcome.isOutputCut ? ", in its first 4 KiB" : ""): \(output)",
                fields: [LogField.sink: name, LogField.line: message.line, LogField.resultID: message.id])
        }
        let last = output.split(separator: "\n").last.map { ": \($0.prefix(200).description.printable)" } ?? ""
        switch outcome.ending {
        case .exited(0): return .delivered
        case .exited(Self.refusal): return .refused("\(settings.program) \(ending)\(last)")
        default: return .failed("\(settings.program) \(ending)\(last)")
        }
    }

    private func words(_ ending: ChildProcess.Ending) -> String {
        switch ending {
        case .exited(let status): "ended with status \(status)"
        case .killed(let signal): "was ended by signal \(signal)"
        case .timedOut: "was killed after \(settings.timeout.inSeconds) s"
        }
    }

    /// Runs the program on a thread of its own; cancelling the task kills it.
    private func run(_ message: OutgoingMessage) async throws -> ChildProcess.Outcome {
        let process = ChildProcess(
            program: settings.program, arguments: settings.arguments,
            environment: [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", LogField.line: message.line,
                LogField.resultID: message.id, LogField.verdict: message.verdict.rawValue,
            ])
        let stop = try StopSwitch(), input = Data((message.json + "\n").utf8), limit = settings.timeout
        return try await withTaskCancellationHandler {
            try await SystemThread.value("exec") {
                try process.run(input: input, limit: limit, outputLimit: Self.largestOutput, stop: stop)
            }
        } onCancel: {
            stop.stop()
        }
    }
}
