import ImageFolders
import LinuxPlatform
import Spooling

/// A frame ready to be claimed, with its line as it was configured when the frame was seen.
package struct ArrivedFrame: Sendable {
    let arrival: Arrival
    let line: Configuration.Line
    let seen: ContinuousClock.Instant
    /// Present for a frame that was set aside before its writer had finished it: it is in the quarantine, to be
    /// inspected again.
    let unfinished: UnfinishedFrames.Entry?
    /// The record that the frame's next one replaces.
    let supersedes: String?

    /// A frame in its watched folder.
    package init(
        _ arrival: Arrival, line: Configuration.Line, seen: ContinuousClock.Instant = .now, supersedes: String? = nil
    ) {
        (self.arrival, self.line, self.seen, self.supersedes) = (arrival, line, seen, supersedes)
        unfinished = nil
    }

    /// A frame that was set aside and is whole now.
    init(_ arrival: Arrival, setAside entry: UnfinishedFrames.Entry, line: Configuration.Line) {
        (self.arrival, self.line, unfinished, seen) = (arrival, line, entry, .now)
        supersedes = entry.id
    }

    /// The path where the frame arrived; for one that was set aside, its current path.
    package var path: RawPath { arrival.path }

    /// The intake to claim. A frame that was set aside is not where its line keeps originals.
    var intake: Intake {
        if let unfinished {
            return Intake(
                arrival, line: line.name, keeps: false, original: unfinished.original, supersedes: supersedes)
        }
        return Intake(arrival, line: line.name, keeps: line.after == .keep, supersedes: supersedes)
    }
}
