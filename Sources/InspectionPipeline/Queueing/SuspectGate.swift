/// Lets workers process frames side by side, but a frame that was in progress when a process died alone: if the process
/// dies again, the frame is known, and no other is blamed.
final class SuspectGate: Sendable {
    private struct State {
        var atWork = 0
        var suspectsWaiting = 0
        var suspectAtWork = false
    }

    private let state = Monitor(State())

    /// Waits until the frame may be processed, and processes it.
    func pass<Result>(suspect: Bool, _ body: () throws -> Result) rethrows -> Result {
        enter(suspect)
        defer { leave(suspect) }
        return try body()
    }

    private func enter(_ suspect: Bool) {
        guard suspect else {
            return state.wait { state -> Void? in
                // Suspects first: they are older.
                guard !state.suspectAtWork, state.suspectsWaiting == 0 else { return nil }
                state.atWork += 1
                return ()
            }
        }
        state.update { $0.suspectsWaiting += 1 }
        state.wait { state -> Void? in
            guard !state.suspectAtWork, state.atWork == 0 else { return nil }
            state.suspectsWaiting -= 1
            state.suspectAtWork = true
            return ()
        }
    }

    private func leave(_ suspect: Bool) {
        state.update { state in
            if suspect { state.suspectAtWork = false } else { state.atWork -= 1 }
        }
    }
}
