import LinuxPlatform
import Spooling
import Synchronization

/// The lines and folders whose frames are taken. One line's trouble affects that line alone.
///
/// A line is **down** while its model cannot be used. A **gate** closes automatically: a folder's when frames cannot be
/// moved out of it, a line's when three different frames in a row failed on their way through. Its frames wait where
/// they are, and single frames are let through after 1, 2, 4, … s, at most a minute; the first that passes opens the
/// gate.
package final class LineGates: Sendable {
    /// The line or folder that a gate guards.
    package enum Place: Hashable, Sendable {
        case line(String)
        /// A watched folder, or one below it.
        case folder(line: String, RawPath)

        var line: String {
            switch self {
            case .line(let line), .folder(let line, _): line
            }
        }
    }

    private struct Gate {
        /// Frames that failed since the last one passed.
        var failed: Set<RawPath> = []
        /// The reason why it is closed; nil while it is open.
        var reason: String?
        var failedProbes = 0
        var nextProbe = ContinuousClock.now
        /// Closed because the folder's permissions forbid it: once they allow it, no pause has to pass.
        var isCertain = false
        /// The frame that was let through last.
        var probe: RawPath?
    }

    private struct State {
        var gates: [Place: Gate] = [:]
        var down: [String: String] = [:]
        var openings = 0
    }

    /// The number of consecutive failures that closes a gate without better evidence.
    private static let enough = 3

    private let state = Mutex(State())

    package init() {}

    // MARK: Admission

    /// Whether a frame may be taken, or worked on again, now. True for one frame at a time behind a closed gate whose
    /// pause is over.
    package func admits(_ path: RawPath, line: String, isTaken: Bool, now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            guard !state.gates.isEmpty || !state.down.isEmpty else { return true }
            guard state.down[line] == nil else { return false }
            let places: [Place] = [.line(line)] + (isTaken ? [] : [.folder(line: line, path.parent)])
            let closed = places.filter { state.gates[$0]?.reason != nil }
            guard closed.allSatisfy({ (state.gates[$0]?.nextProbe ?? now) <= now }) else { return false }
            for place in closed {
                guard var gate = state.gates[place] else { continue }
                gate.probe = path
                gate.nextProbe = now + Backoff.pause(after: gate.failedProbes)
                state.gates[place] = gate
            }
            return true
        }
    }

    /// Whether a frame that was to be taken waits after all: its gate has closed meanwhile, and it is not the one let
    /// through.
    package func holds(_ path: RawPath, line: String) -> Bool {
        state.withLock { state in
            guard !state.gates.isEmpty || !state.down.isEmpty else { return false }
            if state.down[line] != nil { return true }
            return [.line(line), .folder(line: line, path.parent)].contains { place in
                state.gates[place].map { $0.reason != nil && $0.probe != path } ?? false
            }
        }
    }

    /// A frame failed at a gate.
    /// - Parameter isCertain: every other frame would fail too.
    package func failed(
        _ path: RawPath, at place: Place, _ reason: String, isCertain: Bool = false, now: ContinuousClock.Instant = .now
    ) {
        state.withLock { state in
            var gate = state.gates[place] ?? Gate()
            gate.failed.insert(path)
            if gate.reason == nil {
                guard isCertain || gate.failed.count >= Self.enough else {
                    state.gates[place] = gate
                    return
                }
                (gate.failedProbes, gate.isCertain) = (1, isCertain)
                gate.nextProbe = now + Backoff.pause(after: 1)
            } else if gate.probe == path {
                // Other frames were already past the gate when it closed: their failures say nothing new.
                gate.failedProbes += 1
                gate.nextProbe = now + Backoff.pause(after: gate.failedProbes)
                gate.probe = nil
            }
            gate.reason = reason
            gate.failed = []
            state.gates[place] = gate
        }
    }

    /// A frame passed a gate.
    /// - Returns: whether that opened a gate, and no other folder's of the line is closed.
    @discardableResult
    package func passed(_ place: Place) -> Bool {
        state.withLock { state in
            guard !state.gates.isEmpty, let gate = state.gates.removeValue(forKey: place) else { return false }
            guard gate.reason != nil else { return false }
            state.openings += 1
            return !state.gates.contains { other, gate in
                if case .folder(place.line, _) = other { gate.reason != nil } else { false }
            }
        }
    }

    /// Lets a frame through at once where a folder's permissions allow it again.
    package func hasten(where isUsable: (RawPath) -> Bool) {
        let closed = state.withLock { $0.gates.filter { $0.value.reason != nil && $0.value.isCertain }.keys }
        for place in closed {
            guard case .folder(_, let folder) = place, isUsable(folder) else { continue }
            state.withLock {
                $0.gates[place]?.nextProbe = .now
                $0.gates[place]?.isCertain = false
            }
        }
    }

    // MARK: Reporting

    /// Counts the gates that have opened and the lines that have come back: their folders are scanned at once.
    package var openings: Int { state.withLock { $0.openings } }

    /// Takes a line out of service, or puts it back.
    package func setDown(_ line: String, _ reason: String?) {
        state.withLock { state in
            if reason == nil, state.down[line] != nil { state.openings += 1 }
            state.down[line] = reason
        }
    }

    /// Lines out of service, with the reason.
    package var down: [String: String] { state.withLock { $0.down } }

    /// The reason why no frames are taken from a line's whole folder; nil while they are.
    package func stopped(_ line: String, folder: RawPath) -> String? {
        state.withLock { state in
            state.down[line] ?? state.gates[.line(line)]?.reason
                ?? state.gates[.folder(line: line, folder)]?.reason
        }
    }

    /// Forgets lines that are no longer configured.
    package func keepOnly(lines: Set<String>) {
        state.withLock { state in
            state.gates = state.gates.filter { lines.contains($0.key.line) }
            state.down = state.down.filter { lines.contains($0.key) }
        }
    }
}
