import ArgumentParser
import Foundation
import InspectionPipeline

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows the daemon's state, its lines and what waits.",
        discussion: """
            Counts and times are of the last 24 hours. With --fail-if-down, ends with 69 when the daemon does not run.

              inspectctl status --config samples/inspectd.yaml
            """)

    @OptionGroup var global: GlobalOptions

    @Flag(help: "End with 69 when the daemon does not run.")
    var failIfDown = false

    func run() throws {
        let configuration = try global.configuration()
        let status = try DaemonStatus(of: configuration)
        switch global.format {
        case .json: try Output.printJSON(status)
        case .text: Output.print(Self.text(status, configuration))
        }
        if failIfDown && !status.isRunning {
            throw ProgramError(.unavailable, "no inspectd works in \(configuration.spool)")
        }
    }

    private static func text(_ status: DaemonStatus, _ configuration: Configuration) -> String {
        let since = status.startedAt.map { " since \(Output.time($0)) UTC" } ?? ""
        let daemon = status.pid.map { "running (process \($0))\(since)" } ?? "not running"
        let free = status.freeBytes.map { Quantity.text(bytes: $0) } ?? "?"
        var table = Table(
            [
                "line", "waiting", "normal", "anomalous", "unreadable", "quarantined", "p50 ms", "p95 ms", "threshold",
                "rate", "model", "last",
            ], numeric: [1, 2, 3, 4, 5, 6, 7, 8, 9])
        func milliseconds(_ value: Double?) -> String { value.map { String(format: "%.1f", $0) } ?? "–" }
        for line in status.lines {
            table.add([
                line.name, line.waiting.map(String.init) ?? "?", String(line.normal), String(line.anomalous),
                String(line.error), String(line.quarantined), milliseconds(line.p50Milliseconds),
                milliseconds(line.p95Milliseconds), Output.score(line.imageThreshold),
                line.falseAlarmRate.map { String($0) } ?? "–", line.model + (line.version.map { " v\($0)" } ?? ""),
                line.lastInspection.map(Output.time) ?? "never",
            ])
        }
        let problems = status.lines.compactMap { line in line.problem.map { "line \(line.name): \($0)" } }
        return """
            inspectd   \(daemon)
            spool      \(configuration.spool), \(free) free
            intake     \(status.intakeStopped.map { "stopped: \($0)" } ?? "open")
            frames     \(status.inspections) inspected in all, \(status.active) in work
            alerts     \(status.deliveredAlerts) in alerts/new, \(status.pendingAlerts) still to be delivered

            \(table.isEmpty ? "no lines are configured" : table.text)
            """ + (problems.isEmpty ? "" : "\n\n" + problems.joined(separator: "\n"))
    }
}
