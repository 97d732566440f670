/// Wakes one thread that waits for work or for the end.
final class Bell: Sendable {
    private let state = Monitor((isRung: false, isStopped: false))

    func ring() { state.update(waking: .one) { $0.isRung = true } }

    func stop() { state.update { $0.isStopped = true } }

    var stopped: Bool { state.read { $0.isStopped } }

    /// Waits until rung or stopped, at most for `time`.
    func wait(_ time: Duration) {
        _ = state.wait(atMost: time) { state -> Void? in
            guard state.isRung || state.isStopped else { return nil }
            state.isRung = false
            return ()
        }
    }
}
