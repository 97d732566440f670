import LinuxPlatform
import ServiceLifecycle

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

    /// Starts a thread that calls `round` again and again, with pauses, until its service is to end.
    /// - Parameters:
    ///   - state: the state that the rounds pass on to each other.
    ///   - round: receives the bell that stops it too, for a round that takes long.
    static func rounds<State: Sendable>(
        _ name: String, every pause: Duration, on roll: RollCall, _ state: State,
        _ round: @escaping @Sendable (inout State, Bell) -> Void
    ) async throws {
        let bell = Bell()
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await run(name, on: roll) {
                var state = state
                while !bell.stopped {
                    round(&state, bell)
                    bell.wait(pause)
                }
            }
        } onCancelOrGracefulShutdown: {
            bell.stop()
        }
    }
}
