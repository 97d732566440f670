import Foundation
import InspectionDomain
import LedgerStore
import LinuxPlatform
import Spooling

/// Makes the ledger agree with the results on disk, which are authoritative, after a crash or a damaged disk. The
/// daemon must be stopped: its frames in progress are resumed when it starts.
package struct Repair: Sendable {
    package struct Report: Codable, Sendable, Equatable {
        /// Result folders checked.
        package var results = 0
        /// Rows that the ledger lacked.
        package var recorded = 0
        /// Folders under results/ without a readable result.json.
        package var unreadable: [String] = []
        /// Frames that the daemon resumes when it starts.
        package var active = 0
        /// The path to which a damaged ledger was moved.
        package var damagedLedger: String?

        enum CodingKeys: String, CodingKey {
            case results, recorded, unreadable, active
            case damagedLedger = "damaged_ledger"
        }
    }

    private let configuration: Configuration
    private let spool: Spool
    private let files = FileSystem()

    package init(_ configuration: Configuration) {
        self.configuration = configuration
        spool = Spool(root: configuration.spool)
    }

    /// - Throws: `FileLock.Held` while a daemon runs, `ProgramError` where there is nothing to repair, `SystemError`,
    ///   `LedgerError`.
    package func run(progress: (Int) -> Void = { _ in }) throws -> Report {
        for (key, folder) in [("spool", configuration.spool), ("state", configuration.state)] {
            guard try files.exists(RawPath(folder)) else {
                throw ProgramError(
                    .noInput,
                    "there is nothing to repair: the \(key) folder \(folder) does not exist; "
                        + "\(configuration.file ?? "the built-in defaults") names it, --config FILE names another")
            }
        }
        let locks = try [spool.lock(), configuration.lockState()]
        defer { withExtendedLifetime(locks) {} }
        try spool.prepare()
        var report = Report()
        let ledger = try openLedger(&report)
        let inProgress = try spool.idsInProgress()
        for folder in try resultFolders() {
            report.results += 1
            progress(report.results)
            guard let inspection = try inspection(in: folder) else {
                report.unreadable.append(folder.description)
                continue
            }
            // The daemon records it, with its alert, when it resumes the frame.
            if inProgress.contains(inspection.resultID) { continue }
            if try ledger.record(inspection, resultPath: folder.string, alert: nil) { report.recorded += 1 }
        }
        report.active = try spool.countActive()
        return report
    }

    /// Nil where there is no result, or a damaged one.
    private func inspection(in folder: RawPath) throws -> Inspection? {
        do {
            return try DomainJSON.decoder().decode(Inspection.self, from: try files.read(folder / "result.json"))
        } catch let error as SystemError where error.isPermission {
            throw error
        } catch {
            return nil
        }
    }

    /// A ledger that cannot be opened, or is damaged anywhere, is moved aside, never removed.
    private func openLedger(_ report: inout Report) throws -> Ledger {
        do {
            try configuration.ensureLedger(files)
            let ledger = try Ledger(path: configuration.ledgerPath)
            try ledger.verify()
            return ledger
        } catch let error as LedgerError where !error.isTransient {
            report.damagedLedger = try LedgerFiles.setAside(configuration.ledgerPath, as: "damaged", files)
            try configuration.ensureLedger(files)
            return try Ledger(path: configuration.ledgerPath)
        }
    }

    /// `results/<line>/<day>/<folder>`
    private func resultFolders() throws -> [RawPath] {
        func folders(_ path: RawPath) throws -> [RawPath] {
            try files.list(path).filter { $0.kind == .folder }.map { path.appending($0.name) }.sorted()
        }
        return try folders(spool.results).flatMap(folders).flatMap(folders)
    }
}
