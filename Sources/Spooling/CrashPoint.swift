import Foundation

/// The steps of a frame's life after each of which the process may die. In debug builds a test names one in
/// `INSPECTD_CRASH_AT`, and the process kills itself there; in release builds nothing of it is left.
public enum CrashPoint: String, CaseIterable, Sendable {
    /// The claim's record is durable; the frame lies in its folder still.
    case claimRecorded = "claim-recorded"
    /// The frame lies in `active`.
    case frameTaken = "frame-taken"
    /// Another attempt is counted.
    case attemptCounted = "attempt-counted"
    /// The frame's bytes are in memory.
    case frameRead = "frame-read"
    /// There is a verdict, in memory.
    case examined
    /// The results are complete in `tmp`.
    case resultsWritten = "results-written"
    /// The results are where everyone looks for them.
    case resultsPublished = "results-published"
    /// The ledger has committed.
    case recorded
    /// The reason lies in the quarantine, the frame does not yet.
    case reasonWritten = "reason-written"
    /// The frame has made its last move; its claim is still there.
    case frameMoved = "frame-moved"
    /// The claim is gone.
    case claimDropped = "claim-dropped"
    /// The alert is in `alerts/new` and still in the outbox.
    case alertDelivered = "alert-delivered"
    /// The alert is out of the outbox.
    case alertMarked = "alert-marked"

    #if DEBUG
        private static let wanted = ProcessInfo.processInfo.environment["INSPECTD_CRASH_AT"]

        /// Kills the process, as a power cut would, when this is the point that was named.
        public func reached() {
            if Self.wanted == rawValue { kill(getpid(), SIGKILL) }
        }
    #else
        @inline(__always) public func reached() {}
    #endif
}
