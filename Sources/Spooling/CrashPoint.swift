import Foundation
import Glibc

/// The steps of a frame's life after each of which the process may die. In debug builds a test names one in
/// `INSPECTD_CRASH_AT`, and the process ends there in the manner of `INSPECTD_CRASH_BY`; release builds contain none of
/// it.
package enum CrashPoint: String, CaseIterable, Sendable {
    /// The claim's record is durable; the frame is still in its folder.
    case claimRecorded = "claim-recorded"
    /// The frame is in `active`.
    case frameTaken = "frame-taken"
    /// Another attempt is counted.
    case attemptCounted = "attempt-counted"
    /// The frame's bytes are in memory.
    case frameRead = "frame-read"
    /// There is a verdict, in memory.
    case examined
    /// The results are complete in `tmp`.
    case resultsWritten = "results-written"
    /// The results are in their final folder.
    case resultsPublished = "results-published"
    /// The ledger has committed.
    case recorded
    /// The reason is in the quarantine, the frame is not yet.
    case reasonWritten = "reason-written"
    /// The frame has made its last move; its claim is still there.
    case frameMoved = "frame-moved"
    /// The claim is removed.
    case claimDropped = "claim-dropped"
    /// The alert is in `alerts/new` and still in the outbox.
    case alertDelivered = "alert-delivered"
    /// The alert is out of the outbox.
    case alertMarked = "alert-marked"

    /// The way the process ends at the point: killed from outside, or by a fault of its own.
    package enum Manner: String, Sendable {
        case kill, fault, abort, trap, overflow
        /// The process hangs.
        case hang
    }

    #if DEBUG
        private static let wanted = ProcessInfo.processInfo.environment["INSPECTD_CRASH_AT"]

        private static let manner =
            ProcessInfo.processInfo.environment["INSPECTD_CRASH_BY"].flatMap(Manner.init(rawValue:)) ?? .kill

        /// Ends the process at the named point.
        package func reached() {
            guard Self.wanted == rawValue else { return }
            switch Self.manner {
            case .kill: Glibc.kill(getpid(), SIGKILL)
            case .fault: UnsafeMutablePointer<Int>(bitPattern: 8)?.pointee = 1
            case .abort: Glibc.abort()
            case .trap: fatalError("crash point \(rawValue)")
            case .overflow: print(Self.depth(of: 0))
            case .hang: while true { sleep(60) }
            }
        }

        /// Needs more stack than any thread has.
        @inline(never) private static func depth(of level: Int) -> Int {
            withUnsafeTemporaryAllocation(of: Int.self, capacity: 512) { room in
                room.initialize(repeating: level)
                return depth(of: level + 1) + room[level % 512]
            }
        }
    #else
        @inline(__always) package func reached() {}
    #endif
}
