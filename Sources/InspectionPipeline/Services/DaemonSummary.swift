/// The daemon's state in one line for `systemctl status`.
struct DaemonSummary: Sendable {
    let configuration: ActiveConfiguration
    let counters: Counters
    let gates: Gates
    let queues: FrameQueues

    var text: String {
        let counts = counters.current
        let down = gates.lines.down.sorted { $0.key < $1.key }
        let lines = configuration.current.lines.count - down.count
        return (gates.intake.reason.map { "intake stopped: \($0); " } ?? "")
            + down.map { "line \($0.key) is down: \($0.value); " }.joined()
            + "watching \(lines) line\(lines == 1 ? "" : "s"); inspected \(counts.total): \(counts.normal) normal, "
            + "\(counts.anomalous) anomalous, \(counts.error) unreadable; \(queues.count) queued"
    }
}
