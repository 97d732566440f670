import Foundation

/// Lets frames be worked on side by side, and one that was in work when a process died alone: should the process die again, it
/// is known which frame it was, and no other is blamed.
final class SuspectGate: @unchecked Sendable {
    // Read and written under `condition` only.
    private let condition = NSCondition()
    private var atWork = 0
    private var suspectsWaiting = 0
    private var suspectAtWork = false

    /// Waits until the frame may be worked on, and works on it.
    func pass<Result>(suspect: Bool, _ body: () throws -> Result) rethrows -> Result {
        enter(suspect)
        defer { leave(suspect) }
        return try body()
    }

    private func enter(_ suspect: Bool) {
        condition.lock()
        defer { condition.unlock() }
        if suspect {
            suspectsWaiting += 1
            while suspectAtWork || atWork > 0 { condition.wait() }
            suspectsWaiting -= 1
            suspectAtWork = true
        } else {
            // Suspects first: they are older.
            while suspectAtWork || suspectsWaiting > 0 { condition.wait() }
            atWork += 1
        }
    }

    private func leave(_ suspect: Bool) {
        condition.lock()
        defer { condition.unlock() }
        if suspect { suspectAtWork = false } else { atWork -= 1 }
        condition.broadcast()
    }
}
