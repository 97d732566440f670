import LinuxPlatform
import Spooling

/// A frame that is claimed and waits for its inspection, with its line as it was configured when the frame was seen.
package struct ClaimedFrame: Sendable {
    let claim: Claim
    /// It is out of its folder, and was never worked on; else it was in work before: in a process that died, or in this one when
    /// something that may pass went wrong.
    let isTaken: Bool
    let line: Configuration.Line
    let seen: ContinuousClock.Instant
    /// Whether a process died while it worked on it: then nothing else is worked on meanwhile.
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

    /// Where the frame lay when it was claimed.
    var path: RawPath { claim.source }
    /// Where it arrived, as people know it.
    package var original: RawPath { claim.original }

    /// The same frame for another attempt.
    /// - Parameter claim: as it is after the attempt before.
    func again(_ claim: Claim) -> ClaimedFrame {
        ClaimedFrame(
            claim: claim, isTaken: false, line: line, seen: seen, isSuspect: isSuspect, isInItsFolder: isInItsFolder)
    }
}
