import LinuxPlatform
import Synchronization

/// The names in the watched folders that are taken, or rest before a retry. Shared by the inbox and the workers.
///
/// A name is taken from the moment that its frame is handed to the workers until it has left the folder: then the
/// camera's next frame of that name can be taken.
final class TakenNames: Sendable {
    private struct State {
        /// Names whose frames were handed to the workers and are still in their folder.
        var taken: Set<RawPath> = []
        /// Taken names under which the inbox has seen a new frame.
        var wanted: Set<RawPath> = []
        var hasFreed = false
        /// The number of failed attempts to take the frame under a name.
        var failures: [RawPath: Int] = [:]
        /// The time at which the frame under a name is retried.
        var resting: [RawPath: ContinuousClock.Instant] = [:]

        /// - Returns: whether the inbox waits for the name.
        mutating func free(_ path: RawPath) -> Bool {
            taken.remove(path)
            guard wanted.remove(path) != nil else { return false }
            hasFreed = true
            return true
        }
    }

    private let state = Mutex(State())
    /// Called when a name is free that the inbox waits for.
    private let onFreed: @Sendable () -> Void

    init(onFreed: @escaping @Sendable () -> Void) { self.onFreed = onFreed }

    /// Marks a name as taken.
    /// - Returns: false when it is already, or rests.
    func take(_ path: RawPath, now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            if let until = state.resting[path] {
                if until > now { return false }
                state.resting[path] = nil
            }
            let isFree = state.taken.insert(path).inserted
            if !isFree { state.wanted.insert(path) }
            return isFree
        }
    }

    /// The frame has left its folder, or is not taken after all: its name is free.
    func release(_ path: RawPath) {
        let isWanted = state.withLock { state in
            state.failures[path] = nil
            return state.free(path)
        }
        if isWanted { onFreed() }
    }

    /// The frame could not be taken; it has not moved.
    /// - Returns: the pause before the retry.
    func rest(_ path: RawPath, now: ContinuousClock.Instant = .now) -> Duration {
        state.withLock { state in
            state.failures[path, default: 0] += 1
            let pause = Backoff.pause(after: state.failures[path] ?? 1)
            state.resting[path] = now + pause
            _ = state.free(path)
            return pause
        }
    }

    /// Whether a name has become free, since the last call, that the inbox waited for.
    func takeFreed() -> Bool {
        state.withLock { state in
            defer { state.hasFreed = false }
            return state.hasFreed
        }
    }
}
