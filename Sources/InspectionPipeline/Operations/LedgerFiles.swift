import Foundation
import InspectionDomain
import LinuxPlatform

/// The files of a ledger: SQLite keeps two more beside the one that is named.
enum LedgerFiles {
    /// Moves a ledger's files out of the way; they are never removed.
    /// - Parameter what: the finding, as a part of the new name: `damaged`.
    /// - Returns: the ledger's new path.
    /// - Throws: `SystemError`.
    static func setAside(_ path: String, as what: String, _ files: FileSystem) throws -> String {
        let time = DomainJSON.string(from: Date()).filter { $0 != ":" }
        let aside = "\(path).\(what)-\(time)"
        for suffix in ["", "-wal", "-shm"] where try files.exists(RawPath(path + suffix)) {
            try files.rename(RawPath(path + suffix), to: RawPath(aside + suffix))
        }
        return aside
    }
}
