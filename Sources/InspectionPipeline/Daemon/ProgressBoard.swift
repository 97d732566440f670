import Foundation
import Synchronization

/// Who is doing what since when: the watchdog is fed from this, and nothing else.
///
/// A part is stuck when it has been busy with one step for too long. A part that waits for work is not busy.
final class ProgressBoard: Sendable {
    private let busy = Mutex<[String: (step: String, since: ContinuousClock.Instant)]>([:])

    /// The part begins a step.
    func begin(_ step: String, part: String) {
        let now = ContinuousClock.now
        busy.withLock { $0[part] = (step, now) }
    }

    /// The part waits for work.
    func rest(_ part: String) {
        busy.withLock { $0[part] = nil }
    }

    /// The part that has been at one step for longer than `limit`; nil when all is moving.
    func stuck(longerThan limit: Duration) -> (part: String, step: String, time: Duration)? {
        let now = ContinuousClock.now
        return busy.withLock { busy in
            busy.map { (part: $0.key, step: $0.value.step, time: now - $0.value.since) }
                .filter { $0.time > limit }
                .max { $0.time < $1.time }
        }
    }
}
