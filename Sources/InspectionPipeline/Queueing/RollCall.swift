import Synchronization

/// The daemon's threads that have yet to start. The daemon is ready when all run: without one, frames would wait
/// forever.
final class RollCall: Sendable {
    private let missing: Mutex<Set<String>>

    init(workers: Int) {
        missing = Mutex(Set(["alerts", "retention", "inbox", "housekeeping"] + (1...max(1, workers)).map(Self.worker)))
    }

    static func worker(_ number: Int) -> String { "worker \(number)" }

    func enter(_ name: String) { missing.withLock { _ = $0.remove(name) } }

    var isComplete: Bool { missing.withLock { $0.isEmpty } }
}
