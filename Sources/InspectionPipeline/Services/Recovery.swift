import Foundation
import InspectionDomain
import LinuxPlatform
import Logging
import Spooling
import Synchronization

/// What comes before the first frame: the run marker is written, what dead processes noted is counted, and the frames that they had in
/// work are handed to the workers again. Tried until it succeeds: a full disk at boot must not need anybody's hand afterwards.
final class Recovery: Sendable {
    private let context: DaemonContext
    private let marker: RunMarker
    /// The run that notes what ends it; nil where this process's signals are not its daemon's to handle.
    private let run: String?
    private let isDone = Mutex(false)
    private static let unrecovered = Cause(.retrying, "recovery")

    init(context: DaemonContext, marker: RunMarker, notesCrashes: Bool) {
        self.context = context
        self.marker = marker
        run = notesCrashes ? Spool.freshRun() : nil
    }

    /// - Returns: false when it was stopped before it succeeded.
    func run(until stop: Bell) -> Bool {
        var failures = 0
        while !stop.stopped {
            do {
                try marker.begin()
                if let run { try CrashNote.arm(context.spool.crashNote(of: run)) }
                try takeUp(until: stop)
                isDone.withLock { $0 = true }
                context.incidents.ended(Self.unrecovered)
                return true
            } catch is Stopped {
                return false
            } catch {
                failures += 1
                let pause = Pending.pause(after: failures)
                context.intake.note(error)
                context.incidents.occurred(
                    Self.unrecovered,
                    "cannot take up the frames that were in work: \(ExitStatus.message(of: error)), "
                        + "retrying in \(Int(pause.inSeconds)) s")
                stop.wait(pause)
            }
        }
        return false
    }

    /// Says that the daemon ended by itself, unless the last end's frames were never taken up: then that end still counts.
    func markEnd() throws {
        if isDone.withLock({ $0 }) { try marker.end() }
        guard let run else { return }
        CrashNote.disarm()
        try context.spool.removeCrashNote(of: run)
    }

    /// The daemon is to end before everything is taken up.
    private struct Stopped: Error {}

    private func takeUp(until stop: Bell) throws {
        let configuration = context.configuration.current
        for entry in try context.spool.settleCrashNotes(except: run) { report(entry) }
        let claims = try context.spool.recover()
        try LedgerKeeper(context: context).refillAtStart(except: Set(claims.map(\.id))) {
            if stop.stopped { throw Stopped() }
        }
        try context.unfinished.takeUp(context.spool)
        guard !claims.isEmpty else { return }
        var work: [Work] = []
        for claim in claims {
            if let line = configuration.line(named: claim.line) {
                // One whose work had not begun, or rested, did not end the process.
                work.append(
                    Work(frame: .claimed(claim, isTaken: false), line: line, seen: .now, isSuspect: claim.deaths > 0))
            } else {
                try setAside(claim)
            }
        }
        for one in work where one.isInItsFolder { _ = context.pending.begin(one.path) }
        for one in work {
            if case .claimed(let claim, _) = one.frame { context.pending.wait(one, for: claim.pauseBeforeRetry) }
        }
        context.logger.event(
            .recovered, .notice, "\(claims.count) frame(s) were in work when inspectd last ended; they come first")
    }

    /// What ended an earlier process, in its own words.
    private func report(_ entry: CrashNote.Entry) {
        let what =
            switch (entry.kind, entry.frame) {
            case (.fault, let frame?), (.own, let frame?):
                "an earlier inspectd crashed (\(entry.signalName)) while it worked on frame \(frame)"
            case (.fault, nil), (.own, nil):
                "an earlier inspectd crashed (\(entry.signalName)) while it worked on no frame"
            case (.watchdog, let frame):
                "the watchdog ended an earlier inspectd that was stuck on frame \(frame ?? "?")"
            case (.hardware, _): "an earlier inspectd was ended by a memory error of the machine; check its memory"
            case (.sent, _): "an earlier inspectd was ended from outside (\(entry.signalName))"
            }
        let next = entry.frame == nil ? "; no frame is blamed" : "; a frame that this happens to twice is set aside"
        context.logger.event(.crashed, .error, what + next)
    }

    /// A frame whose line is no longer configured, or whose record was damaged.
    private func setAside(_ claim: Claim) throws {
        let error = InspectionError(
            code: "internal",
            message:
                "the frame was in work for the line '\(claim.line)', which the configuration does not have; add the line "
                + "and run `inspectctl requeue`, or take the frame from the quarantine")
        let inspection = Inspection(
            resultID: claim.id, line: claim.line, createdAt: Date(), image: ImageInfo(path: claim.original.description),
            verdict: .error, error: error)
        guard try context.spool.take(claim) else { return }
        let json = try DomainJSON.encoder().encode(inspection)
        let folder = try context.spool.publish(["result.json": json], for: claim)
        try context.ledger.record(
            inspection, json: json, resultPath: folder.string,
            alert: Alert(about: inspection, resultPath: folder.string))
        try context.spool.quarantine(claim, error: error)
        context.logger.event(.unreadable, .error, "\(claim.original): \(error.message)")
    }
}

/// `run.json`: since when the daemon runs, and whether it ended by itself the last time.
struct RunMarker: Sendable {
    struct Content: Codable {
        var schema = 1
        var pid: Int32
        var startedAt: Date
        var endedAt: Date?

        enum CodingKeys: String, CodingKey {
            case schema, pid
            case startedAt = "started_at"
            case endedAt = "ended_at"
        }
    }

    let path: String
    var fileSystem = FileSystem()

    /// Nil when it is missing or damaged.
    var content: Content? { try? read() }

    /// Nil when it is missing.
    /// - Throws: `SystemError`, `DecodingError`.
    func read() throws -> Content? {
        do {
            let data = try fileSystem.read(RawPath(path), limit: 1 << 16)
            return try DomainJSON.decoder().decode(Content.self, from: data)
        } catch let error as SystemError where error.isMissing {
            return nil
        }
    }

    func begin() throws {
        try write(Content(pid: getpid(), startedAt: Date()))
    }

    func end() throws {
        var content = content ?? Content(pid: getpid(), startedAt: Date())
        content.endedAt = Date()
        try write(content)
    }

    private func write(_ content: Content) throws {
        try DurableFile.write(try DomainJSON.encoder().encode(content), to: path, fileSystem: fileSystem)
    }
}
