import LinuxPlatform
import Spooling

/// One thread: claims frames together, and inspects claims one after another.
final class Worker {
    private let flow: FrameFlow
    private let gates: Gates
    private let spool: Spool
    private let claimer: FrameClaimer
    private let inspector: FrameInspector
    private let outcomes: OutcomeLog
    private let setbacks: Setbacks
    private let progress: ProgressBoard.Part

    init(
        flow: FrameFlow, gates: Gates, spool: Spool, claimer: FrameClaimer, inspector: FrameInspector,
        outcomes: OutcomeLog, setbacks: Setbacks, progress: ProgressBoard.Part
    ) {
        (self.flow, self.gates, self.spool) = (flow, gates, spool)
        (self.claimer, self.inspector) = (claimer, inspector)
        (self.outcomes, self.setbacks, self.progress) = (outcomes, setbacks, progress)
    }

    /// At most this many waiting frames are claimed with one record.
    private static let together = 16

    func run() {
        while let job = flow.queues.next(claimingAtMost: Self.together) {
            switch job {
            case .claim(let frames):
                gates.suspects.pass(suspect: false) {
                    // Claims come first in the queue, for any free worker.
                    flow.queues.putFirst(claimer.claim(frames, progress))
                }
            case .inspect(let frame):
                gates.suspects.pass(suspect: frame.isSuspect) { inspect(frame) }
            }
            progress.rest()
        }
    }

    private func inspect(_ claimed: ClaimedFrame) {
        guard gates.intake.reason == nil else { return flow.putBack(claimed) }
        var frame = claimed
        var claim = frame.claim
        var isBegun = false
        do {
            // Checked before an attempt is counted: a line that cannot work is not the fault of its frames.
            guard gates.lines.down[frame.line.name] == nil else {
                return flow.resting.wait(frame, for: .seconds(1))
            }
            // Noted before the work begins; a frame that is only set aside needs no work.
            if claim.reasonNotToRetry == nil {
                claim = try spool.begin(claim, alone: frame.isSuspect)
                isBegun = true
            }
            let outcome = try CrashNote.working(on: claim.id) {
                try inspector.inspect(frame, claim) {
                    guard frame.isInItsFolder, !claim.isKept else { return }
                    flow.names.release(frame.path)
                    frame.isInItsFolder = false
                }
            }
            outcomes.tell(outcome, of: frame)
            setbacks.passed(line: frame.line.name)
            flow.end(frame)
        } catch {
            // If even this cannot be written, a later kill of this process counts as one while the frame was in
            // progress.
            if isBegun { try? spool.rest(claim) }
            setbacks.retry(frame.again(claim), error)
        }
    }
}
