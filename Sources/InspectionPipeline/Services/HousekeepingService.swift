import ServiceLifecycle

/// The chores of every second, on a thread of their own because they read and write files: lines that are down,
/// summaries of repeated causes, and `daemon.json`.
struct HousekeepingService: Service {
    let configuration: ActiveConfiguration
    let health: LineHealth
    let board: ReportBoard
    let incidents: IncidentLog
    let roll: RollCall

    static let interval = Duration.seconds(1)

    func run() async throws {
        try await BlockingThread.rounds("housekeeping", every: Self.interval, on: roll, ()) { _, _ in round() }
    }

    private static let unwritten = Cause(.retrying, "daemon.json")

    private func round() {
        incidents.tick()
        health.retry(configuration.current)
        do {
            try board.write()
            incidents.ended(Self.unwritten)
        } catch {
            incidents.occurred(
                Self.unwritten, "the daemon's report for `inspectctl status` cannot be written: \(error), retrying")
        }
    }
}
