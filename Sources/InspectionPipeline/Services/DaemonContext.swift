import LedgerStore
import LinuxPlatform
import Logging
import Spooling

/// What the daemon's services share. Everything in it may be used from any thread.
struct DaemonContext: Sendable {
    let configuration: ActiveConfiguration
    let models: ModelRegistry
    let fileSystem: FileSystem
    let spool: Spool
    let ledger: Ledger
    let logger: Logger
    let queue: FrameQueue<Work>
    let intake: IntakeGate
    let drift: DriftWatch
    let inboxBell: InboxBell
    let pending: Pending
    /// Frames that were set aside and are written on.
    let unfinished: UnfinishedFrames
    let suspects = SuspectGate()
    let progress = ProgressBoard()
    let roll: RollCall
    let counters = Counters()
    let board = ReportBoard()
    let gates: LineGates
    let health: LineHealth
    let differences = ToldDifferences()
    /// Where everything is logged that may fail again and again.
    let incidents: IncidentLog
    /// Rung when an alert is in the outbox.
    let alertBell = Bell()

    /// One line for `systemctl status`.
    var statusText: String {
        let counts = counters.current
        let down = gates.down.sorted { $0.key < $1.key }
        let lines = configuration.current.lines.count - down.count
        return (intake.reason.map { "intake stopped: \($0); " } ?? "")
            + down.map { "line \($0.key) is down: \($0.value); " }.joined()
            + "watching \(lines) line\(lines == 1 ? "" : "s"); inspected \(counts.total): \(counts.normal) normal, "
            + "\(counts.anomalous) anomalous, \(counts.error) unreadable; \(queue.count) queued"
    }
}
