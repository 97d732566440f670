import Synchronization

/// Claims that wait for another attempt: each has its time, and the inbox hands it to the workers then.
final class RestingClaims: Sendable {
    private struct State {
        var resting: [(frame: ClaimedFrame, due: ContinuousClock.Instant)] = []
        /// Failures so far, by the claim's id, which outlives the frame's name.
        var failures: [String: Int] = [:]
    }

    private let state = Mutex(State())

    /// A transient failure occurred: the claim is retried later.
    /// - Returns: the pause before the retry.
    func retry(_ frame: ClaimedFrame, now: ContinuousClock.Instant = .now) -> Duration {
        state.withLock { state in
            state.failures[frame.claim.id, default: 0] += 1
            let pause = Backoff.pause(after: state.failures[frame.claim.id] ?? 1)
            state.resting.append((frame, now + pause))
            return pause
        }
    }

    /// Delays a claim without counting a failure.
    func wait(_ frame: ClaimedFrame, for pause: Duration = .zero, now: ContinuousClock.Instant = .now) {
        state.withLock { $0.resting.append((frame, now + pause)) }
    }

    /// The frame is finished.
    func forget(_ frame: ClaimedFrame) { state.withLock { $0.failures[frame.claim.id] = nil } }

    /// Takes the claims whose time has come.
    func due(_ now: ContinuousClock.Instant = .now) -> [ClaimedFrame] {
        state.withLock { state in
            let due = state.resting.filter { $0.due <= now }
            guard !due.isEmpty else { return [] }
            state.resting.removeAll { $0.due <= now }
            return due.map(\.frame)
        }
    }
}
