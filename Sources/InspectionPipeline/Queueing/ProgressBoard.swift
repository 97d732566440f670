import Foundation
import Synchronization

/// The current step of every part and its start time: the sole source of the watchdog's notifications.
///
/// A part is stuck when it has been busy with one step for too long. A part that waits for work is not busy.
package final class ProgressBoard: Sendable {
    package struct Step: Sendable, Equatable {
        package let part, name: String
        /// The frame that is computed; nil for a step that waits for the disk, the ledger or a share: those keep any
        /// frame waiting.
        package let frame: String?
        package let since: ContinuousClock.Instant

        package var time: Duration { ContinuousClock.now - since }
    }

    private let busy = Mutex<[String: Step]>([:])

    package init() {}

    /// The part begins a step.
    /// - Parameter frame: the id of the frame that the step computes and nothing else.
    func begin(_ step: String, part: String, computing frame: String? = nil) {
        let step = Step(part: part, name: step, frame: frame, since: .now)
        busy.withLock { $0[part] = step }
    }

    /// The part waits for work.
    func rest(_ part: String) {
        busy.withLock { $0[part] = nil }
    }

    /// The board as one part sees it.
    package struct Part: Sendable {
        fileprivate let board: ProgressBoard
        package let name: String

        package func begin(_ step: String, computing frame: String? = nil) {
            board.begin(step, part: name, computing: frame)
        }

        package func rest() { board.rest(name) }
    }

    package func part(_ name: String) -> Part { Part(board: self, name: name) }

    /// The parts that have been at one step for longer than `limit`, the longest first; empty when all is moving.
    package func stuck(longerThan limit: Duration) -> [Step] {
        let now = ContinuousClock.now
        return busy.withLock { $0.values.filter { now - $0.since > limit } }.sorted { $0.since < $1.since }
    }
}

extension [ProgressBoard.Step] {
    /// The frame to blame when the watchdog kills the process over these steps, if any: the only stuck one, in a step
    /// that computes.
    ///
    /// A hanging disk, a locked ledger or an absent share stops whichever frame is there. And several frames that stand
    /// still together indicate trouble of the machine (paused, starved, out of memory), not of a frame; they are
    /// retried one at a time, which reveals the frame to blame, if any.
    var frameToBlame: String? { count == 1 ? self[0].frame : nil }
}
