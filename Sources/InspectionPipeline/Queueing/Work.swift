import Foundation
import ImageFolders
import LinuxPlatform
import Spooling
import Synchronization

/// One frame for a worker, with the line as it was configured when the frame was seen.
struct Work: Sendable {
    enum Frame: Sendable {
        /// Lies in its watched folder.
        case arrived(Arrival)
        /// Was set aside before its writer had finished it, lies in the quarantine, and is to be inspected again.
        case unfinished(Arrival, UnfinishedFrames.Entry)
        /// Was claimed.
        /// - Parameter isTaken: it is out of its folder, and was never worked on; else it was in work before: in a process that
        ///   died, or in this one when something that may pass went wrong.
        case claimed(Claim, isTaken: Bool)

        /// Whether the frame lies where it is to be claimed from.
        var isArrival: Bool { if case .claimed = self { false } else { true } }
    }

    let frame: Frame
    let line: Configuration.Line
    let seen: ContinuousClock.Instant
    /// Whether a process died while it worked on it: then nothing else is worked on meanwhile.
    var isSuspect = false
    /// The record that the frame's next one replaces.
    var supersedes: String?
    /// Whether the frame lies in its folder, so that no other can be taken under its name.
    var isInItsFolder = true

    /// What is claimed of an arrival.
    var intake: Intake? {
        switch frame {
        case .arrived(let arrival):
            Intake(arrival, line: line.name, keeps: line.after == .keep, supersedes: supersedes)
        case .unfinished(let arrival, let entry):
            Intake(arrival, line: line.name, keeps: false, original: entry.original, supersedes: entry.id)
        case .claimed: nil
        }
    }

    /// Where the frame arrived; for one that was set aside, where it lies now.
    var path: RawPath {
        switch frame {
        case .arrived(let arrival), .unfinished(let arrival, _): arrival.path
        case .claimed(let claim, _): claim.source
        }
    }

    /// Where the frame arrived, as people know it.
    var original: RawPath {
        switch frame {
        case .arrived(let arrival): arrival.path
        case .unfinished(_, let entry): entry.original
        case .claimed(let claim, _): claim.original
        }
    }

    /// What the back-off counts by: the claim, which outlives the name, or the path of a frame that is not claimed.
    var identity: String {
        if case .claimed(let claim, _) = frame { claim.id } else { path.hex }
    }
}

/// Which frames are on their way, and which rest before they are tried again. Shared by the inbox and the workers.
///
/// A name in a watched folder is taken from the moment that its frame is handed to the workers until it has left the folder:
/// then the camera's next frame of that name can be taken.
final class Pending: Sendable {
    private struct State {
        /// Names whose frames were handed to the workers and lie in their folder still.
        var taken: Set<RawPath> = []
        /// Those of them under which the inbox has seen a frame meanwhile.
        var wanted: Set<RawPath> = []
        var hasFreed = false
        /// Failures of a frame so far, by `Work.identity`.
        var failures: [String: Int] = [:]
        /// When the frame under a name is tried again.
        var resting: [RawPath: ContinuousClock.Instant] = [:]
        /// Claims to be tried again.
        var retries: [(work: Work, due: ContinuousClock.Instant)] = []

        /// - Returns: whether the inbox waits for the name.
        mutating func free(_ path: RawPath) -> Bool {
            taken.remove(path)
            guard wanted.remove(path) != nil else { return false }
            hasFreed = true
            return true
        }

        /// - Returns: how long the frame rests now.
        mutating func failed(_ identity: String) -> Duration {
            failures[identity, default: 0] += 1
            return Pending.pause(after: failures[identity] ?? 1)
        }
    }

    private let state = Mutex(State())
    /// Called when a name is free that the inbox waits for.
    private let onFreed: @Sendable () -> Void

    init(onFreed: @escaping @Sendable () -> Void = {}) { self.onFreed = onFreed }

    /// Back-off: 1, 2, 4, … s, at most a minute.
    static func pause(after failures: Int) -> Duration { .seconds(min(60, 1 << min(6, max(0, failures - 1)))) }

    /// Marks a name as taken.
    /// - Returns: false when it is already, or rests.
    func begin(_ path: RawPath, now: ContinuousClock.Instant = .now) -> Bool {
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

    /// The frame has left its folder: its name is free.
    func release(_ path: RawPath) {
        let isWanted = state.withLock { state in
            state.failures[path.hex] = nil
            return state.free(path)
        }
        if isWanted { onFreed() }
    }

    /// Whether a name has become free, since the last call, that the inbox waited for.
    func takeFreed() -> Bool {
        state.withLock { state in
            defer { state.hasFreed = false }
            return state.hasFreed
        }
    }

    /// The frame is done with, wherever it is now.
    func end(_ work: Work) {
        state.withLock { $0.failures[work.identity] = nil }
        if work.isInItsFolder { release(work.path) }
    }

    /// The frame could not be taken; it lies where it was.
    /// - Returns: how long it rests.
    func rest(_ work: Work, now: ContinuousClock.Instant = .now) -> Duration {
        state.withLock { state in
            let pause = state.failed(work.identity)
            state.resting[work.path] = now + pause
            _ = state.free(work.path)
            return pause
        }
    }

    /// The claim is tried again later.
    func retry(_ work: Work, now: ContinuousClock.Instant = .now) -> Duration {
        state.withLock { state in
            let pause = state.failed(work.identity)
            state.retries.append((work, now + pause))
            return pause
        }
    }

    /// A claim that a process left that died while it worked on it: its turn comes when it has rested.
    func wait(_ work: Work, for pause: Duration) {
        let due = ContinuousClock.now + pause
        state.withLock { $0.retries.append((work, due)) }
    }

    /// Work that was not begun. A claim is due at once; a frame that lies in its folder is found there again.
    func putBack(_ work: some Sequence<Work>) {
        let now = ContinuousClock.now
        for one in work {
            if one.frame.isArrival {
                release(one.path)
            } else {
                state.withLock { $0.retries.append((one, now)) }
            }
        }
    }

    /// Claims of a line that takes no frames now: they are due again a second later, and nothing is held against them.
    func postpone(_ work: [Work], now: ContinuousClock.Instant = .now) {
        guard !work.isEmpty else { return }
        state.withLock { $0.retries += work.map { ($0, now + .seconds(1)) } }
    }

    /// Takes the claims whose time has come.
    func due(_ now: ContinuousClock.Instant = .now) -> [Work] {
        state.withLock { state in
            let due = state.retries.filter { $0.due <= now }
            guard !due.isEmpty else { return [] }
            state.retries.removeAll { $0.due <= now }
            return due.map(\.work)
        }
    }

    /// Claims that wait for their time.
    var waiting: Int { state.withLock { $0.retries.count } }
}
