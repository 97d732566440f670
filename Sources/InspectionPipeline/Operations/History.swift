import Foundation
import InspectionDomain
import LedgerStore
import LinuxPlatform
import Spooling

/// Queries of past inspections, beside a running daemon.
package enum History {
    /// The ledger; nil when nothing was ever inspected.
    /// - Throws: `LedgerError`; `SystemError` for a user who may not read it, which is not an empty ledger.
    package static func ledger(_ configuration: Configuration) throws -> Ledger? {
        guard try FileSystem().exists(RawPath(configuration.ledgerPath)) else { return nil }
        // SQLite says no more than that it cannot open the file. (Opening and closing it here would end SQLite's own
        // locks.)
        guard FileSystem().permits(.read, RawPath(configuration.ledgerPath)) else {
            throw SystemError("access", RawPath(configuration.ledgerPath))
        }
        // A user who may not write it opens it read-only.
        let readOnly = !FileSystem().permits(.write, RawPath(configuration.ledgerPath))
        let hasLog = try FileSystem().exists(RawPath(configuration.ledgerPath + "-wal"))
        guard !readOnly || hasLog || FileSystem().permits(.write, RawPath(configuration.state)) else {
            throw ProgramError(
                .permission,
                "the ledger \(configuration.ledgerPath) cannot be read by this user while inspectd does not run: SQLite creates "
                    + "a file beside it; run this as root or as the user of inspectd")
        }
        return try Ledger(path: configuration.ledgerPath, readOnly: readOnly)
    }

    /// Past inspections, newest first.
    package static func inspections(_ configuration: Configuration, _ filter: HistoryFilter) throws -> [HistoryEntry] {
        try ledger(configuration)?.history(filter) ?? []
    }

    /// Image scores of a line's last frames, as far as this version of the model gave them; newest first.
    package static func recentScores(
        _ configuration: Configuration, line: String, model: ModelIdentity, last: Int
    ) throws -> [Double] {
        try inspections(configuration, HistoryFilter(line: line, limit: last))
            .filter { $0.inspection.model == model }.compactMap(\.inspection.imageScore)
    }

    /// The number of a line's inspections with a verdict.
    package static func count(
        _ configuration: Configuration, line: String, verdict: Verdict, since: Date
    ) throws -> Int {
        try ledger(configuration)?.history(HistoryFilter(line: line, verdict: verdict, since: since, limit: 100_000))
            .count
            ?? 0
    }

    /// Archived frames of a line that were called normal, by their paths.
    /// - Parameter includingAlarms: those called anomalous too.
    package static func archivedFrames(
        _ configuration: Configuration, line: String, since: Date, includingAlarms: Bool = false, limit: Int = 10_000
    ) throws -> [String] {
        var wanted: Set<String> = []
        for verdict in [Verdict.normal] + (includingAlarms ? [.anomalous] : []) {
            let filter = HistoryFilter(line: line, verdict: verdict, since: since, limit: limit)
            // A wrong product is no evidence about the line's own product.
            let ofProduct = try inspections(configuration, filter).filter { $0.inspection.gate?.passed != false }
            wanted.formUnion(ofProduct.map(\.inspection.resultID))
        }
        let files = FileSystem()
        let folder = Spool(root: configuration.spool).archive / line
        guard try !wanted.isEmpty && files.exists(folder) else { return [] }
        var paths: [String] = []
        for day in try files.list(folder) where day.kind == .folder {
            let path = folder.appending(day.name)
            for entry in try files.list(path) where entry.kind == .file {
                // `<stem>-<id>.<extension>`
                let stem = String(decoding: entry.name.stemAndExtension.stem, as: UTF8.self)
                guard let id = stem.split(separator: "-").last, wanted.contains(String(id)) else { continue }
                paths.append(path.appending(entry.name).string)
            }
        }
        return paths.sorted()
    }
}
