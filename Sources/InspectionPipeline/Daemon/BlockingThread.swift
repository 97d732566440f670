import LinuxPlatform
import Synchronization

/// Runs work that blocks on a thread of its own, so that Swift's small cooperative pool stays free.
enum BlockingThread {
    /// Starts `body` on a new thread named `name`; suspends until it has returned.
    /// - Parameter roll: told that the thread runs.
    /// - Throws: `SystemThread.LimitReached`, `SystemError`; then `body` is never called.
    static func run(_ name: String, on roll: RollCall, _ body: @escaping @Sendable () -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do {
                try SystemThread.start(name) {
                    do {
                        try CrashNote.prepareThread()
                        roll.enter(name)
                        body()
                        continuation.resume()
                    } catch {
                        continuation.resume(throwing: error)
                    }
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}

/// Which of the daemon's threads run. Ready means that all do: with one missing, frames would wait for ever.
final class RollCall: Sendable {
    private let missing: Mutex<Set<String>>

    init(workers: Int) {
        missing = Mutex(Set(["alerts", "retention", "inbox", "housekeeping"] + (1...max(1, workers)).map(Self.worker)))
    }

    static func worker(_ number: Int) -> String { "worker \(number)" }

    func enter(_ name: String) { missing.withLock { _ = $0.remove(name) } }

    var isComplete: Bool { missing.withLock { $0.isEmpty } }
}
