import LinuxPlatform
import Spooling

/// Claims frames together and moves them out of their folders.
struct FrameClaimer: Sendable {
    let flow: FrameFlow
    let gates: Gates
    let storage: Storage
    let setbacks: Setbacks
    let incidents: IncidentLog
    let board: ReportBoard

    /// - Returns: the claims whose frames have been taken. The others are scheduled for another attempt.
    func claim(_ frames: [ArrivedFrame], _ progress: ProgressBoard.Part) -> [ClaimedFrame] {
        guard gates.intake.reason == nil else {
            flow.putBack(frames)
            return []
        }
        let held = frames.filter { gates.lines.holds($0.path, line: $0.line.name) }
        flow.putBack(held)
        let heldPaths = Set(held.map(\.path))
        let admitted = frames.filter { !heldPaths.contains($0.path) }
        guard !admitted.isEmpty else { return [] }
        progress.begin("claim")
        let claims: [Claim]
        do {
            claims = try storage.spool.claim(admitted.map(\.intake))
        } catch {
            if gates.intake.note(error, isClaim: true) {
                flow.putBack(admitted)
            } else {
                for frame in admitted { setbacks.retry(frame, error) }
            }
            return []
        }
        return zip(zip(admitted, claims), storage.spool.take(claims)).compactMap { claimed, outcome in
            settle(claimed.0, claimed.1, outcome)
        }
    }

    /// - Returns: nil for a frame that was not taken.
    private func settle(
        _ frame: ArrivedFrame, _ claim: Claim, _ outcome: Result<Bool, any Error>
    ) -> ClaimedFrame? {
        switch outcome {
        case .success(true):
            if gates.lines.passed(.folder(line: frame.line.name, frame.path.parent)) {
                incidents.ended(
                    Self.untaken(frame.line),
                    "line \(frame.line.name): frames can be taken from \(frame.line.watch) again")
            }
            if !claim.isKept { flow.names.release(frame.path) }
            return ClaimedFrame(
                claim: claim, isTaken: true, line: frame.line, seen: frame.seen, isInItsFolder: claim.isKept)
        case .success(false): flow.putBack([frame])
        case .failure(is FileSystem.StillWritten): leaveToItsWriter(frame, claim)
        case .failure(let error): leave(frame, claim, error)
        }
        return nil
    }

    /// A frame on another file system is still being written: it waits in its folder until its writer has finished.
    private func leaveToItsWriter(_ frame: ArrivedFrame, _ claim: Claim) {
        do {
            // If it was removed meanwhile, its name is free too.
            _ = try storage.spool.release(claim)
            flow.putBack([frame])
        } catch {
            retry(frame, claim, error)
        }
    }

    private static func untaken(_ line: Configuration.Line) -> Cause {
        Cause(.intakeStopped, line: line.name, "taking frames")
    }

    /// A frame could not be moved out of its folder. It stays there, and the others of the folder are not tried until
    /// one can be moved.
    private func leave(_ frame: ArrivedFrame, _ claim: Claim, _ error: any Error) {
        let isOfAll = gates.intake.note(error)
        guard (try? storage.spool.release(claim)) == true else { return retry(frame, claim, error) }
        // The spool or its disk is at fault.
        guard !isOfAll else { return flow.putBack([frame]) }
        let folder = frame.path.parent, line = frame.line.name
        _ = flow.names.rest(frame.path)
        gates.lines.failed(
            frame.path, at: .folder(line: line, folder), ExitStatus.message(of: error),
            isCertain: storage.files.isUnwritable(folder))
        let waiting = board.waiting(line).map { "\($0) frame\($0 == 1 ? "" : "s") waiting" } ?? "frames wait"
        incidents.occurred(
            Self.untaken(frame.line),
            "line \(line): intake stopped, \(waiting) in \(folder): a frame cannot be moved out of it: "
                + "\(ExitStatus.message(of: error)); retrying with one frame at a time",
            fields: [LogField.frame: frame.path.description])
    }

    /// The claim stands; the next attempt finds out whether its frame was moved.
    private func retry(_ frame: ArrivedFrame, _ claim: Claim, _ error: any Error) {
        setbacks.retry(ClaimedFrame(claim: claim, isTaken: false, line: frame.line, seen: frame.seen), error)
    }
}
