import Foundation

/// Wakes one thread that waits for work or for the end.
final class Bell: @unchecked Sendable {
    // Both flags are read and written under `condition` only.
    private let condition = NSCondition()
    private var isRung = false
    private var isStopped = false

    func ring() {
        condition.lock()
        isRung = true
        condition.signal()
        condition.unlock()
    }

    func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }

    var stopped: Bool {
        condition.lock()
        defer { condition.unlock() }
        return isStopped
    }

    /// Waits until rung, stopped, or for so long.
    func wait(_ time: Duration) {
        let limit = Date() + time.inSeconds
        condition.lock()
        while !isRung && !isStopped && condition.wait(until: limit) {}
        isRung = false
        condition.unlock()
    }
}
