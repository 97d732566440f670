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
        /// Was claimed.
        /// - Parameter isTaken: it is out of its folder, and was never worked on; else it was in work before: in a process that
        ///   died, or in this one when something that may pass went wrong.
        case claimed(Claim, isTaken: Bool)

        var isArrival: Bool { if case .arrived = self { true } else { false } }
    }

    let frame: Frame
    let line: Configuration.Line
    let seen: ContinuousClock.Instant
    /// Whether a process that crashed was working on it.
    var isSuspect = false

    /// What is claimed of an arrival.
    var intake: Intake? {
        guard case .arrived(let arrival) = frame else { return nil }
        return Intake(arrival, line: line.name, keeps: line.after == .keep)
    }

    /// Where the frame arrived.
    var path: RawPath {
        switch frame {
        case .arrived(let arrival): arrival.path
        case .claimed(let claim, _): claim.original
        }
    }
}

/// Which frames are on their way, and which rest before they are tried again. Shared by the inbox and the workers.
final class Pending: Sendable {
    private struct State {
        /// Handed to the workers and not yet done with; by where they arrived.
        var onTheirWay: Set<RawPath> = []
        /// Failures of a path so far, and when it is tried again.
        var resting: [RawPath: (failures: Int, until: ContinuousClock.Instant)] = [:]
        /// Claims to be tried again.
        var retries: [(work: Work, due: ContinuousClock.Instant)] = []
    }

    private let state = Mutex(State())

    /// Back-off: 1, 2, 4, … s, at most a minute.
    static func pause(after failures: Int) -> Duration { .seconds(min(60, 1 << min(6, max(0, failures - 1)))) }

    /// Marks a path as on its way.
    /// - Returns: false when it is already, or rests.
    func begin(_ path: RawPath, now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            if let rest = state.resting[path], rest.until > now { return false }
            return state.onTheirWay.insert(path).inserted
        }
    }

    /// The frame is done with, wherever it is now.
    func end(_ path: RawPath) {
        state.withLock { state in
            state.onTheirWay.remove(path)
            state.resting[path] = nil
        }
    }

    /// The frame could not be taken; it lies where it was.
    /// - Returns: how long it rests.
    func rest(_ path: RawPath, now: ContinuousClock.Instant = .now) -> Duration {
        state.withLock { state in
            let failures = (state.resting[path]?.failures ?? 0) + 1
            let pause = Self.pause(after: failures)
            state.resting[path] = (failures, now + pause)
            state.onTheirWay.remove(path)
            return pause
        }
    }

    /// The claim is tried again later.
    func retry(_ work: Work, of path: RawPath, now: ContinuousClock.Instant = .now) -> Duration {
        state.withLock { state in
            let failures = (state.resting[path]?.failures ?? 0) + 1
            let pause = Self.pause(after: failures)
            state.resting[path] = (failures, now + pause)
            state.retries.append((work, now + pause))
            return pause
        }
    }

    /// Work that was not begun. A claim is due at once; a frame that lies in its folder is found there again.
    func putBack(_ work: some Sequence<Work>) {
        let now = ContinuousClock.now
        state.withLock { state in
            for one in work {
                switch one.frame {
                case .arrived(let arrival): state.onTheirWay.remove(arrival.path)
                case .claimed: state.retries.append((one, now))
                }
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
