import LinuxPlatform
import Spooling

/// A frame that is claimed and waits for its inspection, with its line as it was configured when the frame was seen.
package struct ClaimedFrame: Sendable {
    let claim: Claim
    /// True when the frame has left its folder and work never began; false when it was in progress before: in a process
    /// that died, or in this one until a transient failure.
    let isTaken: Bool
    let line: Configuration.Line
    let seen: ContinuousClock.Instant
    /// Whether a process died while working on it: then it is inspected alone.
    let isSuspect: Bool
    /// Whether the frame lies in its folder, so that no other can be taken under its name.
    var isInItsFolder: Bool

    package init(
        claim: Claim, isTaken: Bool, line: Configuration.Line, seen: ContinuousClock.Instant, isSuspect: Bool = false,
        isInItsFolder: Bool = true
    ) {
        (self.claim, self.isTaken, self.line, self.seen) = (claim, isTaken, line, seen)
        (self.isSuspect, self.isInItsFolder) = (isSuspect, isInItsFolder)
    }

    /// The frame's path when it was claimed.
    var path: RawPath { claim.source }
    /// The path where it arrived, for messages.
    package var original: RawPath { claim.original }

    /// The same frame for another attempt.
    /// - Parameter claim: as it is after the attempt before.
    func again(_ claim: Claim) -> ClaimedFrame {
        ClaimedFrame(
            claim: claim, isTaken: false, line: line, seen: seen, isSuspect: isSuspect, isInItsFolder: isInItsFolder)
    }
}
