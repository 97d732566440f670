import Foundation
import LinuxPlatform
import Synchronization

/// What the daemon's parts have to tell of the lines, kept for `daemon.json` and the service manager's status text. Any thread
/// may publish; the housekeeping writes.
final class ReportBoard: Sendable {
    private struct State {
        var scans: [String: LineScan] = [:]
        var written: DaemonReport?
    }

    private let state = Mutex(State())
    private let startedAt = Date()

    /// What the latest scan of a line's folder told; replaces what the scan before told.
    func publish(_ scan: LineScan, of line: String) {
        state.withLock { $0.scans[line] = scan }
    }

    /// Frames that wait in a line's folder, as its latest scan found.
    func waiting(_ line: String) -> Int? { state.withLock { $0.scans[line]?.waiting } }

    /// All there is to tell now.
    func report(_ context: DaemonContext) -> DaemonReport {
        var report = DaemonReport(pid: getpid(), startedAt: startedAt)
        report.intakeStopped = context.intake.reason
        let incidents = context.incidents.open
        report.incidents = incidents.map {
            DaemonReport.Incident(
                line: $0.cause.line, message: $0.message, unit: $0.unit, count: $0.count, since: $0.since,
                latest: $0.latest)
        }
        let scans = state.withLock { $0.scans }
        report.lines = context.configuration.current.lines.map { configured in
            var line = DaemonReport.Line(name: configured.name)
            line.scan = scans[configured.name] ?? LineScan()
            let down = context.gates.down[configured.name]
            line.isUp = down == nil
            line.intakeStopped = context.gates.stopped(configured.name, folder: RawPath(configured.watch))
            line.problem =
                down ?? context.models.refused[configured.model] ?? configured.gate.flatMap {
                    context.models.refused[$0]
                }
                ?? line.scan.problem
                ?? incidents.first { $0.cause.line == configured.name }.map {
                    $0.count > 1 ? "\($0.message) (\($0.count) \($0.unit)s)" : $0.message
                }
            return line
        }
        return report
    }

    /// Writes `daemon.json` when it has changed.
    /// - Throws: `SystemError`.
    func write(_ context: DaemonContext) throws {
        let report = report(context)
        guard state.withLock({ $0.written != report }) else { return }
        try report.write(state: context.configuration.current.state, context.fileSystem)
        state.withLock { $0.written = report }
    }
}
