import Foundation
import GRDB
import LinuxPlatform

/// The files of a ledger that is open, and which ones they were: who removes or replaces them changes nothing for the process that
/// has them open, and takes from it everything that it writes from then on.
final class OpenLedger: Sendable {
    let database: any DatabaseWriter
    private let path: String
    private let main, log: FileIdentity?

    init(_ database: any DatabaseWriter, path: String) {
        (self.database, self.path) = (database, path)
        (main, log) = (FileIdentity(path: path), FileIdentity(path: path + "-wal"))
    }

    /// Two system calls; nil when the files are where they were.
    var displacement: Ledger.Displacement? {
        guard let main, let now = FileIdentity(path: path) else { return nil }
        if now != main { return now.exists ? .replaced : .removed }
        guard let log, log.exists, let logNow = FileIdentity(path: path + "-wal") else { return nil }
        return logNow == log ? nil : .logRemoved
    }
}

extension Ledger {
    /// What was done to the ledger's files while they were open.
    package enum Displacement: Sendable, Equatable {
        case removed
        /// Another file has its name.
        case replaced
        /// The file is there, and its `-wal`, which holds the latest records, is not.
        case logRemoved

        /// What follows "the ledger …".
        package var words: String {
            switch self {
            case .removed: "was removed"
            case .replaced: "was replaced by another file"
            case .logRemoved: "lost its -wal file, which holds the latest records,"
            }
        }
    }

    /// What was done to the ledger's files; nil when nothing was.
    package var displacement: Displacement? { current.displacement }

    /// Copies everything that the open files hold, and goes on in the copy.
    ///
    /// - Parameters:
    ///   - copy: where it is made; there must be no file.
    ///   - install: moves the finished copy to the ledger's path, durably, and whatever lies there out of its way.
    /// - Throws: `LedgerError` when the open files cannot be read, and what `install` throws. The ledger continues as it was then.
    package func rescue(through copy: String, install: () throws -> Void) throws {
        try Self.explaining(path) {
            // Whoever wants to write waits meanwhile, and then writes to the new file.
            try current.database.writeWithoutTransaction { database in
                try database.execute(sql: "VACUUM INTO ?", arguments: [copy])
                try install()
                try reopen()
            }
        }
    }

    /// Goes on in a new file, without what the open ones hold.
    /// - Parameter clear: moves whatever lies at the ledger's path out of the way.
    /// - Throws: `LedgerError`, and what `clear` throws.
    package func startAnew(clear: () throws -> Void) throws {
        try Self.explaining(path) {
            try current.database.writeWithoutTransaction { _ in
                try clear()
                try reopen()
            }
        }
    }

    /// Of these inspections, those that are not recorded.
    /// - Throws: `LedgerError`.
    package func missing(of ids: [String]) throws -> [String] {
        try read { database in
            let statement = try database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM inspection WHERE id = ?)")
            return try ids.filter { try Bool.fetchOne(statement, arguments: [$0]) != true }
        }
    }
}
