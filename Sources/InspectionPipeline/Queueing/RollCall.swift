import Synchronization

/// The daemon's threads that have yet to start, and its stop signal that has yet to be served. The daemon is ready when
/// none is missing: without a thread frames would wait forever, and a stop before it is served would end the process
/// by its signal.
final class RollCall: Sendable {
    private let missing: Mutex<Set<String>>

    init(workers: Int) {
        missing = Mutex(Set(["alerts", "retention", "inbox", "housekeeping"] + (1...max(1, workers)).map(Self.worker)))
    }

    static func worker(_ number: Int) -> String { "worker \(number)" }

    static let signals = "signals"

    func expect(_ name: String) { missing.withLock { _ = $0.insert(name) } }

    func enter(_ name: String) { missing.withLock { _ = $0.remove(name) } }

    var isComplete: Bool { missing.withLock { $0.isEmpty } }
}
