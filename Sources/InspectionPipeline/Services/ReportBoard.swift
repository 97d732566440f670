import Foundation
import LinuxPlatform
import Synchronization

/// The reports of the daemon's parts on the lines, kept for `daemon.json` and the service manager's status text. Any
/// thread may publish; the housekeeping thread writes.
final class ReportBoard: Sendable {
    private struct State {
        var scans: [String: LineScan] = [:]
        var written: DaemonReport?
    }

    private let state = Mutex(State())
    private let startedAt = Date()
    private let configuration: ActiveConfiguration
    private let gates: Gates
    private let models: ModelRegistry
    private let incidents: IncidentLog
    private let files: FileSystem

    init(
        configuration: ActiveConfiguration, gates: Gates, models: ModelRegistry, incidents: IncidentLog,
        files: FileSystem
    ) {
        (self.configuration, self.gates, self.models) = (configuration, gates, models)
        (self.incidents, self.files) = (incidents, files)
    }

    /// Replaces the findings of the previous scan of a line's folder.
    func publish(_ scan: LineScan, of line: String) {
        state.withLock { $0.scans[line] = scan }
    }

    /// Frames that wait in a line's folder, by its latest scan.
    func waiting(_ line: String) -> Int? { state.withLock { $0.scans[line]?.waiting } }

    /// The complete report.
    func report() -> DaemonReport {
        var report = DaemonReport(pid: ProcessInfo.processInfo.processIdentifier, startedAt: startedAt)
        report.intakeStopped = gates.intake.reason
        let open = incidents.open
        report.incidents = open.map {
            DaemonReport.Incident(
                line: $0.cause.line, message: $0.message, unit: $0.unit, count: $0.count, since: $0.since,
                latest: $0.latest)
        }
        let (scans, refused) = (state.withLock { $0.scans }, models.refused)
        report.lines = configuration.current.lines.map { configured in
            var line = DaemonReport.Line(name: configured.name)
            line.scan = scans[configured.name] ?? LineScan()
            let down = gates.lines.down[configured.name]
            line.isUp = down == nil
            line.intakeStopped = gates.lines.stopped(configured.name, folder: RawPath(configured.watch))
            line.problem =
                down ?? refused[configured.model] ?? configured.gate.flatMap { refused[$0] } ?? line.scan.problem
                ?? open.first { $0.cause.line == configured.name }.map {
                    $0.count > 1 ? "\($0.message) (\($0.count) \($0.unit)s)" : $0.message
                }
            return line
        }
        return report
    }

    /// Writes `daemon.json` when it has changed.
    /// - Throws: `SystemError`.
    func write() throws {
        let report = report()
        guard state.withLock({ $0.written != report }) else { return }
        try report.write(state: configuration.current.state, files)
        state.withLock { $0.written = report }
    }
}
