import InspectionDomain
import LinuxPlatform
import Spooling

/// The evidence that counts against a frame.
///
/// A frame is blamed by evidence only: the process that died of a signal of its own noted that it was working on the
/// frame (`CrashNote`). After two notes it is not retried. A death without a note (SIGKILL, the kernel's out-of-memory
/// killer, power) came from outside: the frame is retried, alone, after a pause that grows.
///
/// One cause from outside may still be a frame's doing: the kernel kills a process that takes too much memory, and
/// leaves no note. So a frame that was the only one in progress at `deathsAlone` consecutive deaths is set aside too,
/// and the reason states only what is known, not that the frame crashed the process.
extension Claim {
    /// The number of crashes after which the frame is set aside.
    static let enoughCrashes = 2
    /// The same for deaths from outside while alone in progress; growing pauses put the last ones minutes apart.
    static let enoughDeathsAlone = 8

    /// The reason why the frame is not retried; nil when it is.
    var reasonNotToRetry: InspectionError? {
        if crashes.count >= Self.enoughCrashes {
            let signals = crashes.map(CrashNote.name(of:)).joined(separator: ", then ")
            return InspectionError(
                code: "crashed-twice",
                message:
                    "inspectd crashed \(crashes.count) times while it worked on this frame (\(signals)); it is not "
                    + "retried. Keep the frame: it exposes a defect of inspectd")
        }
        guard deathsAlone >= Self.enoughDeathsAlone else { return nil }
        return InspectionError(
            code: "killed-from-outside",
            message:
                "inspectd was killed from outside \(deathsAlone) times while this frame was in progress alone. If the "
                + "kernel ran out of memory (journalctl -k -g oom), lower max_megapixels or add memory; then run "
                + "`inspectctl requeue`")
    }

    /// The pause in a new process before the retry. None the first time: a kill is seldom followed by another.
    var pauseBeforeRetry: Duration {
        guard reasonNotToRetry == nil, deaths > 1 else { return .zero }
        return Backoff.pause(after: deaths - 1)
    }
}
