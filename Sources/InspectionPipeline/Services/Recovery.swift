import Foundation
import InspectionDomain
import LinuxPlatform
import Logging
import Spooling
import Synchronization

/// The work before the first frame: writes the run marker, counts the notes of dead processes, and hands the frames
/// that they had in progress to the workers again. It retries until it succeeds: a full disk at boot must not need an
/// operator afterwards.
final class Recovery: Sendable {
    private let configuration: ActiveConfiguration
    private let storage: Storage
    private let flow: FrameFlow
    private let intake: IntakeGate
    private let unfinished: UnfinishedFrames
    private let keeper: LedgerKeeper
    private let incidents: IncidentLog
    private let logger: Logger
    private let marker: RunMarker
    /// The run that writes a crash note; nil where the daemon must not handle the process's signals.
    private let run: String?
    private let isDone = Mutex(false)
    private static let unrecovered = Cause(.retrying, "recovery")

    /// - Parameter notesCrashes: whether this process writes a crash note.
    init(
        configuration: ActiveConfiguration, storage: Storage, flow: FrameFlow, intake: IntakeGate,
        unfinished: UnfinishedFrames, keeper: LedgerKeeper, incidents: IncidentLog, logger: Logger, notesCrashes: Bool
    ) {
        (self.configuration, self.storage, self.flow, self.intake) = (configuration, storage, flow, intake)
        (self.unfinished, self.keeper, self.incidents, self.logger) = (unfinished, keeper, incidents, logger)
        marker = RunMarker(path: configuration.current.state + "/run.json", fileSystem: storage.files)
        run = notesCrashes ? Spool.freshRun() : nil
    }

    /// - Returns: false when it was stopped before it succeeded.
    func run(until stop: Bell) -> Bool {
        var failures = 0
        while !stop.stopped {
            do {
                try marker.begin()
                if let run { try CrashNote.arm(storage.spool.crashNote(of: run)) }
                try takeUp(until: stop)
                isDone.withLock { $0 = true }
                incidents.ended(Self.unrecovered)
                return true
            } catch is Stopped {
                return false
            } catch {
                failures += 1
                let pause = Backoff.pause(after: failures)
                intake.note(error)
                incidents.occurred(
                    Self.unrecovered,
                    "cannot resume the frames that were in progress: \(ExitStatus.message(of: error)), "
                        + "retrying in \(Int(pause.inSeconds)) s")
                stop.wait(pause)
            }
        }
        return false
    }

    /// Records a regular end, unless the frames of the last end were never resumed: then that end still counts.
    func markEnd() throws {
        if isDone.withLock({ $0 }) { try marker.end() }
        guard let run else { return }
        CrashNote.disarm()
        try storage.spool.removeCrashNote(of: run)
    }

    /// The daemon is to end before everything is resumed.
    private struct Stopped: Error {}

    private func takeUp(until stop: Bell) throws {
        let configuration = configuration.current
        for entry in try storage.spool.settleCrashNotes(except: run) { report(entry) }
        let claims = try storage.spool.recover()
        try keeper.refillAtStart(except: Set(claims.map(\.id))) {
            if stop.stopped { throw Stopped() }
        }
        try unfinished.takeUp(storage.spool)
        guard !claims.isEmpty else { return }
        var frames: [ClaimedFrame] = []
        for claim in claims {
            if let line = configuration.line(named: claim.line) {
                // A frame whose work had not begun, or rested, did not crash the process.
                frames.append(
                    ClaimedFrame(
                        claim: claim, isTaken: false, line: line, seen: .now, isSuspect: claim.deaths > 0))
            } else {
                try setAside(claim)
            }
        }
        for frame in frames { _ = flow.names.take(frame.path) }
        for frame in frames { flow.resting.wait(frame, for: frame.claim.pauseBeforeRetry) }
        let isOne = claims.count == 1
        logger.event(
            .recovered, .notice,
            "\(Quantity.text(claims.count, of: "frame")) \(isOne ? "was" : "were") in progress when inspectd last ended; "
                + "processing \(isOne ? "it" : "them") first")
    }

    /// Logs an earlier process's crash note.
    private func report(_ entry: CrashNote.Entry) {
        let what =
            switch (entry.kind, entry.frame) {
            case (.fault, let frame?), (.own, let frame?):
                "an earlier inspectd crashed (\(entry.signalName)) while it worked on frame \(frame)"
            case (.fault, nil), (.own, nil):
                "an earlier inspectd crashed (\(entry.signalName)) while it was not working on a frame"
            case (.watchdog, let frame):
                "the watchdog killed an earlier inspectd that was stuck on frame \(frame ?? "?")"
            case (.hardware, _): "an earlier inspectd was killed by a hardware memory error; check the machine's memory"
            case (.sent, _): "an earlier inspectd was killed from outside (\(entry.signalName))"
            }
        let next = entry.frame == nil ? "; no frame is blamed" : "; a frame that does this twice is set aside"
        logger.event(.crashed, .error, what + next)
    }

    /// A frame whose line is no longer configured, or whose record was damaged.
    private func setAside(_ claim: Claim) throws {
        let error = InspectionError(
            code: "internal",
            message:
                "the frame was in progress for line '\(claim.line)', which is not configured; add the line "
                + "and run `inspectctl requeue`, or remove the frame from the quarantine")
        let inspection = Inspection(
            resultID: claim.id, line: claim.line, createdAt: Date(), image: ImageInfo(path: claim.original.description),
            verdict: .error, error: error)
        guard try storage.spool.take(claim) else { return }
        let json = try DomainJSON.encoder().encode(inspection)
        let folder = try storage.spool.publish(["result.json": json], for: claim)
        try storage.ledger.record(
            inspection, json: json, resultPath: folder.string,
            alert: Alert(about: inspection, resultPath: folder.string))
        try storage.spool.quarantine(claim, error: error)
        logger.event(.unreadable, .error, "\(claim.original): \(error.message)")
    }
}
