import InspectionDomain
import LinuxPlatform
import Spooling

/// What counts against a frame, and what does not.
///
/// A frame is blamed by evidence only: the process that died of a signal of its own noted that it was working on the frame
/// (`CrashNote`). Twice, and it is not tried a third time. A death without a note (SIGKILL, the kernel's out-of-memory killer, power)
/// came from outside: the frame is tried again, alone, after a pause that grows.
///
/// One thing that comes from outside may be a frame's doing all the same: the kernel kills a process that takes too much memory,
/// and leaves no note. So a frame that was the only one in work at `deathsAlone` deaths in a row is set aside too, and the reason
/// says what is known: not that it crashed anything.
extension Claim {
    /// Crashes that are enough.
    static let enoughCrashes = 2
    /// Deaths from outside, alone in work, that are enough: minutes apart at the end, by their growing pauses.
    static let enoughDeathsAlone = 8

    /// Why the frame is not tried again; nil when it is.
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

    /// How long it rests in a new process before it is tried again. The first time not at all: a kill is seldom followed by another.
    var pauseBeforeRetry: Duration {
        guard reasonNotToRetry == nil, deaths > 1 else { return .zero }
        return Backoff.pause(after: deaths - 1)
    }
}
