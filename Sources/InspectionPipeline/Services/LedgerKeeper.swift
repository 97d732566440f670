import Foundation
import InspectionDomain
import LedgerStore
import LinuxPlatform
import Logging
import Spooling
import Synchronization

/// Keeps the ledger at its path and complete, even if its files are removed or replaced.
///
/// * Removed or replaced while the daemon runs: detected by the file's identity. Intake stops, the open file's content
///   is copied to a new file in its place, and intake resumes. If the open file is no longer readable, the new one is
///   filled from the results.
/// * Results on disk that the ledger lacks, at the start: they are recorded before the first frame is taken.
///
/// No frame is inspected twice because of it, and no alert is sent twice.
struct LedgerKeeper: Sendable {
    let storage: Storage
    let intake: IntakeGate
    /// The inbox's.
    let progress: ProgressBoard.Part
    let logger: Logger

    /// The problem of the ledger's files that could not be fixed; nil when there is none. Called by the inbox alone.
    func obstacle(_ pause: inout (failures: Int, until: ContinuousClock.Instant)) -> String? {
        let ledger = storage.ledger
        guard let displacement = ledger.displacement else { return nil }
        let what = "the ledger \(ledger.path) \(displacement.words) while inspectd was running"
        guard pause.until <= .now else { return intake.reason ?? what }
        intake.stop(because: "\(what); rebuilding it")
        do {
            try mend(displacement)
            pause = (0, .now)
            return nil
        } catch {
            pause.failures += 1
            pause.until = .now + Backoff.pause(after: pause.failures)
            return "\(what), and cannot be rebuilt: \(ExitStatus.message(of: error)); "
                + "retrying in \(Int(Backoff.pause(after: pause.failures).inSeconds)) s"
        }
    }

    private func mend(_ displacement: Ledger.Displacement) throws {
        let (ledger, files) = (storage.ledger, storage.files)
        let path = RawPath(ledger.path), copy = RawPath(ledger.path + ".new")
        try files.makeFolder(path.parent)
        for suffix in ["", "-journal", "-wal", "-shm"] { try files.remove(RawPath(copy.string + suffix)) }
        var aside: String?
        do {
            try ledger.rescue(through: copy.string) {
                aside = try clear(displacement)
                try files.sync(copy)
                try files.rename(copy, to: path)
                try files.syncFolder(path.parent)
            }
        } catch is LedgerError {
            // The open files cannot be read: only the results are left.
            try ledger.startAnew { aside = try clear(.replaced) }
        }
        let refilled = try refill(except: storage.spool.idsInProgress) {}
        let (inspections, alerts) = (try ledger.count(), try ledger.pendingAlertCount())
        logger.event(
            .ledgerRestored, .warning,
            "the ledger \(ledger.path) \(displacement.words) and was rebuilt: \(inspections) inspections, "
                + "\(alerts) alerts still to be delivered"
                + (refilled.recorded > 0 ? ", \(refilled.recorded) of them from the results on disk" : "")
                + (aside.map { "; the other file is now \($0)" } ?? ""))
    }

    /// Moves a foreign file and its companions away from the ledger's path, and removes the remains of the ledger's own
    /// files.
    /// - Returns: the new path of the foreign file.
    private func clear(_ displacement: Ledger.Displacement) throws -> String? {
        let (path, files) = (storage.ledger.path, storage.files)
        guard displacement == .replaced else {
            for suffix in ["-wal", "-shm"] { try files.remove(RawPath(path + suffix)) }
            return nil
        }
        return try LedgerFiles.setAside(path, as: "replaced", files)
    }

    /// Records the results that the ledger lacks.
    ///
    /// - Parameters:
    ///   - inProgress: ids of frames in progress.
    ///   - check: throws to stop.
    func refill(except inProgress: () throws -> Set<String>, check: () throws -> Void) throws -> LedgerRefill.Outcome {
        let refill = LedgerRefill(spool: storage.spool, ledger: storage.ledger, files: storage.files)
        guard try refill.isNeeded(except: inProgress) else { return LedgerRefill.Outcome() }
        let step = "recording results missing in the ledger"
        progress.begin(step)
        let outcome = try refill.run(except: inProgress) { soFar in
            try check()
            progress.begin(step)
            intake.stop(
                because:
                    "the ledger lacked results that are on disk: \(soFar.results) checked, \(soFar.recorded) recorded"
            )
        }
        progress.rest()
        return outcome
    }

    /// The refill at the start, before the first frame is taken.
    func refillAtStart(except inProgress: Set<String>, check: () throws -> Void) throws {
        let outcome = try refill(except: { inProgress }, check: check)
        guard outcome.recorded > 0 else { return }
        logger.event(
            .ledgerRestored, .warning,
            "the ledger \(storage.ledger.path) lacked \(outcome.recorded) of \(outcome.results) results on disk, probably "
                + "because it was removed or replaced; they are recorded now"
                + (outcome.unreadable > 0 ? "; \(outcome.unreadable) results cannot be read" : ""))
    }
}
