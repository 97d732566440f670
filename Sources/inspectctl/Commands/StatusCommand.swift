import ArgumentParser
import DetectionCore
import Foundation
import ImageFolders
import InspectionDomain
import InspectionPipeline
import LedgerStore

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows the state of the daemon and its lines.",
        discussion: """
            Counts cover the last 24 hours, times at most the latest thousand frames of each line. With \
            --fail-if-down, the exit code is 69 if the daemon is not running.

              inspectctl status --config samples/inspectd.yaml
            """)

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Exit with 69 if the daemon is not running.")
    var failIfDown = false

    func run() throws {
        let configuration = try global.existingConfiguration()
        let status = try DaemonStatus(of: configuration)
        switch global.format {
        case .json: try Output.printJSON(status)
        case .text: Output.print(Self.text(status, configuration))
        }
        if failIfDown && !status.isRunning {
            throw ProgramError(.unavailable, "inspectd is not running on \(configuration.spool)")
        }
    }

    private static func text(_ status: DaemonStatus, _ configuration: Configuration) -> String {
        let since = status.startedAt.map { " since \(Output.time($0))" } ?? ""
        let daemon = status.pid.map { "running (process \($0))\(since)" } ?? "not running"
        let free = status.freeBytes.map { Quantity.text(bytes: $0) } ?? "?"
        var table = Table(
            [
                "line", "waiting", "normal", "anomalous", "unreadable", "quarantined", "per min", "threshold", "rate",
                "model",
                "calibrated", "last",
            ], numeric: [1, 2, 3, 4, 5, 6, 7, 8])
        for line in status.lines {
            table.add([
                line.name, line.waiting.map(String.init) ?? "?", String(line.normal), String(line.anomalous),
                String(line.error), String(line.quarantined), String(format: "%.1f", line.perMinute),
                Output.score(line.imageThreshold), line.falseAlarmRate.map { String($0) } ?? "–",
                line.model + (line.version.map { " v\($0)" } ?? ""), line.calibratedAt.map(Self.age) ?? "–",
                line.lastInspection.map(Output.time) ?? "never",
            ])
        }
        let promises = status.lines.compactMap { line in line.promise.map { "promise of line \(line.name): \($0)" } }
        let remarks = status.lines.compactMap { line in
            line.lastError.map {
                "line \(line.name): last error\(line.lastErrorAt.map { " \(Output.time($0))" } ?? ""): \($0)"
            }
        }
        let problems = status.lines.flatMap { line in
            let stopped = line.isUp == false ? "down: " : line.intakeStopped != nil ? "intake stopped: " : ""
            let problem = (line.intakeStopped ?? line.problem).map { text in
                text.hasPrefix("line ") && stopped.isEmpty ? text : "line \(line.name): \(stopped)\(text)"
            }
            return [problem, Self.skipped(line)].compactMap { $0 }
        }
        let incidents = status.incidents.filter { $0.line == nil && $0.message != status.intakeStopped }.map {
            "since \(Output.time($0.since)) UTC, \($0.count) \($0.unit)\($0.count == 1 ? "" : "s"): \($0.message)"
        }
        return """
            inspectd   \(daemon)
            spool      \(configuration.spool), \(free) free
            intake     \(status.intakeStopped.map { "stopped: \($0)" } ?? "open")
            frames     \(status.inspections) inspected in all, \(status.active) in progress
            alerts     \(status.deliveredAlerts) in alerts/new, \(status.pendingAlerts) undelivered

            \(table.isEmpty ? "no lines are configured" : table.text)

            \(times(status))
            """ + sinks(status) + (promises + remarks + problems + incidents).map { "\n" + $0 }.joined()
    }

    /// The gateway's part; empty without one.
    private static func sinks(_ status: DaemonStatus) -> String {
        guard let gateway = status.gateway else { return "" }
        let running = gateway.pid.map { "running (process \($0))" } ?? "not running"
        return "\n\ngateway    \(running)\n" + SinkTable.text(gateway.sinks)
    }

    /// The skipped entries of the watched folder, and the frames overwritten before they were claimed.
    private static func skipped(_ line: DaemonStatus.LineStatus) -> String? {
        let counts = (line.skipped ?? [:]).sorted { $0.key < $1.key }.map {
            "\($0.value) \(SkipReason(rawValue: $0.key)?.words ?? $0.key)"
        }
        let lost = line.overwritten ?? 0
        let parts =
            (counts.isEmpty ? [] : ["skipped: " + counts.joined(separator: ", ")])
            + (lost == 0
                ? [] : ["\(lost) frame\(lost == 1 ? "" : "s") overwritten by the camera before inspectd claimed them"])
        return parts.isEmpty ? nil : "line \(line.name): " + parts.joined(separator: "; ")
    }

    /// Percentiles by stage.
    private static func times(_ status: DaemonStatus) -> String {
        // Most lines have no gate.
        let hasGate = status.lines.contains { $0.stages[StageTimings.Stage.gate.rawValue] != nil }
        let stages =
            StageTimings.Stage.allCases.filter { $0 != .gate || hasGate }.map(\.rawValue) + [LineSummary.total]
        var table = Table(["ms p50/p95/p99"] + stages, numeric: Set(1...stages.count))
        for line in status.lines where !line.stages.isEmpty {
            table.add(
                [line.name]
                    + stages.map { stage in
                        line.stages[stage].map { String(format: "%.1f/%.1f/%.1f", $0.p50, $0.p95, $0.p99) } ?? "–"
                    })
        }
        return table.isEmpty ? "no frames in the last 24 hours" : table.text
    }

    /// `today`, `12 d ago`
    private static func age(_ date: Date) -> String {
        let days = Int(Date().timeIntervalSince(date) / 86_400)
        return days < 1 ? "today" : "\(days) d ago"
    }
}
