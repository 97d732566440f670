/// The two queues between the inbox and the worker threads: frames to be claimed, and claims to be inspected. Their
/// capacity is shared; a producer that is too fast waits.
///
/// Frames that do not fit wait in their folder, not in memory.
package final class FrameQueues: Sendable {
    /// A worker's next job.
    package enum Job: Sendable {
        /// Frames that are claimed together.
        case claim([ArrivedFrame])
        case inspect(ClaimedFrame)
    }

    private struct State {
        var arrivals: [ArrivedFrame] = []
        var claims: [ClaimedFrame] = []
        var isEntranceClosed = false
        var isClosed = false

        var count: Int { arrivals.count + claims.count }
    }

    private let capacity: Int
    private let state = Monitor(State())

    package init(capacity: Int) { self.capacity = max(1, capacity) }

    /// Waits for room.
    /// - Returns: false when the entrance was closed; the frame is not taken then.
    package func push(_ frame: ArrivedFrame) -> Bool { push { $0.arrivals.append(frame) } }

    /// The same for a claim.
    package func push(_ frame: ClaimedFrame) -> Bool { push { $0.claims.append(frame) } }

    private func push(_ append: (inout State) -> Void) -> Bool {
        state.wait(wakesOthers: true) { state in
            if state.isEntranceClosed { return false }
            guard state.count < capacity else { return nil }
            append(&state)
            return true
        }
    }

    /// Puts claims before all others, whether there is room or not.
    package func putFirst(_ frames: [ClaimedFrame]) {
        state.update { $0.claims.insert(contentsOf: frames, at: 0) }
    }

    /// Waits for work. Claims come first; frames that wait are claimed together.
    /// - Parameter most: the largest number claimed at a time.
    /// - Returns: nil when the queues were closed and are empty.
    package func next(claimingAtMost most: Int) -> Job? {
        state.wait(wakesOthers: true) { state -> Job?? in
            if !state.claims.isEmpty { return .some(.inspect(state.claims.removeFirst())) }
            if !state.arrivals.isEmpty {
                let together = Array(state.arrivals.prefix(most))
                state.arrivals.removeFirst(together.count)
                return .some(.claim(together))
            }
            return state.isClosed ? .some(nil) : nil
        }
    }

    /// Refuses new frames from now on; queued ones are still processed.
    package func closeEntrance() { state.update { $0.isEntranceClosed = true } }

    /// Ends the queues: remaining claims are still inspected; frames that are not claimed stay in their folders.
    package func close() {
        state.update { state in
            (state.isEntranceClosed, state.isClosed) = (true, true)
            state.arrivals = []
        }
    }

    /// Frames in both queues.
    package var count: Int { state.read { $0.count } }
}
