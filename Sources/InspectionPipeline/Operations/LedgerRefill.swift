import Foundation
import InspectionDomain
import LedgerStore
import LinuxPlatform
import Spooling

/// Records results on disk that the ledger lacks because it was lost or replaced by an older one. The results are
/// authoritative.
///
/// Results of frames in progress are left out: such a frame is recorded, with its alert, when it is done. Alerts of the
/// others are not sent again: it is unknown whether they were delivered before.
struct LedgerRefill {
    let spool: Spool
    let ledger: Ledger
    let files: FileSystem

    /// At most this many results of a line's latest day are checked for missing records.
    private static let sample = 5000
    /// Results that are recorded with one commit.
    private static let batch = 500

    struct Outcome: Equatable {
        /// Result folders checked.
        var results = 0
        var recorded = 0
        /// Folders without a readable `result.json`.
        var unreadable = 0
    }

    /// Whether results of a line's latest day are missing. They are recorded last, so that an interrupted refill is
    /// resumed.
    /// - Parameter inProgress: ids of frames in progress; asked after the ledger, so that no frame falls between the
    ///   two.
    /// - Throws: `SystemError`, `LedgerError`.
    func isNeeded(except inProgress: () throws -> Set<String>) throws -> Bool {
        for line in try folders(spool.results) {
            guard let day = try folders(line).last else { continue }
            // Ids begin with the time of arrival, but for frames that stay in their folder.
            let latest = try folders(day).map { ($0, Self.id($0)) }.sorted { $0.1 > $1.1 }.prefix(Self.sample)
            let missing = try missing(of: latest.map(\.1), inProgress)
            // A damaged result has no record; the next one may be intact.
            if try latest.contains(where: { try missing.contains($0.1) && result(in: $0.0) != nil }) { return true }
        }
        return false
    }

    /// Records what is missing, day by day, the oldest first.
    /// - Parameter progress: receives the number of results checked so far; throws to stop.
    /// - Throws: `SystemError`, `LedgerError`, and what `progress` throws.
    func run(except inProgress: () throws -> Set<String>, progress: (Outcome) throws -> Void) throws -> Outcome {
        var outcome = Outcome()
        let days = try folders(spool.results).flatMap(folders).sorted { $0.name < $1.name }
        for day in days {
            let results = try folders(day).map { ($0, Self.id($0)) }.sorted { $0.1 < $1.1 }
            for start in stride(from: 0, to: results.count, by: Self.batch) {
                let part = results[start..<min(start + Self.batch, results.count)]
                let missing = try missing(of: part.map(\.1), inProgress)
                var found: [(inspection: Inspection, json: Data, path: String)] = []
                for (folder, id) in part where missing.contains(id) {
                    if let result = try result(in: folder) {
                        found.append((result.inspection, result.json, folder.string))
                    } else {
                        outcome.unreadable += 1
                    }
                }
                outcome.results += part.count
                if !found.isEmpty { outcome.recorded += try ledger.restore(found) }
                try progress(outcome)
            }
        }
        return outcome
    }

    private func missing(of ids: [String], _ inProgress: () throws -> Set<String>) throws -> Set<String> {
        let missing = Set(try ledger.missing(of: ids))
        return missing.isEmpty ? missing : missing.subtracting(try inProgress())
    }

    /// Nil when there is no intact result.
    private func result(in folder: RawPath) throws -> (inspection: Inspection, json: Data)? {
        do {
            let json = try files.read(folder / "result.json", limit: 1 << 24)
            return try? (DomainJSON.decoder().decode(Inspection.self, from: json), json)
        } catch let error as SystemError where error.isMissing {
            return nil
        }
    }

    /// Subfolders in order of their names; none of a folder that is not there.
    private func folders(_ path: RawPath) throws -> [RawPath] {
        do {
            return try files.list(path).filter { $0.kind == .folder }.map { path.appending($0.name) }.sorted()
        } catch let error as SystemError where error.isMissing {
            return []
        }
    }

    /// The id in `<stem>-<id>`.
    private static func id(_ folder: RawPath) -> String {
        String(decoding: folder.name.bytes.split(separator: UInt8(ascii: "-")).last ?? [], as: UTF8.self)
    }
}
