import LinuxPlatform
import Synchronization

/// Which names in the watched folders are taken, and which rest before they are tried again. Shared by the inbox and the workers.
///
/// A name is taken from the moment that its frame is handed to the workers until it has left the folder: then the camera's next
/// frame of that name can be taken.
final class TakenNames: Sendable {
    private struct State {
        /// Names whose frames were handed to the workers and lie in their folder still.
        var taken: Set<RawPath> = []
        /// Those of them under which the inbox has seen a frame meanwhile.
        var wanted: Set<RawPath> = []
        var hasFreed = false
        /// How often the frame under a name could not be taken.
        var failures: [RawPath: Int] = [:]
        /// When the frame under a name is tried again.
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

    /// The frame has left its folder, or is not wanted after all: its name is free.
    func release(_ path: RawPath) {
        let isWanted = state.withLock { state in
            state.failures[path] = nil
            return state.free(path)
        }
        if isWanted { onFreed() }
    }

    /// The frame could not be taken; it lies where it was.
    /// - Returns: how long it rests.
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
