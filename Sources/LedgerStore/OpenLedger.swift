import Foundation
import GRDB
import LinuxPlatform

/// The files of an open ledger, and their identities: removing or replacing them changes nothing for the process that
/// has them open, but loses everything that it writes from then on.
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
    /// A change of the ledger's files while they were open.
    package enum Displacement: Sendable, Equatable {
        case removed
        /// Another file has its name.
        case replaced
        /// The file exists, but its `-wal`, which holds the latest records, does not.
        case logRemoved

        /// The predicate after "the ledger …".
        package var words: String {
            switch self {
            case .removed: "was removed"
            case .replaced: "was replaced by another file"
            case .logRemoved: "lost its -wal file, which holds the latest records,"
            }
        }
    }

    /// The change of the ledger's files; nil for none.
    package var displacement: Displacement? { current.displacement }

    /// Copies everything that the open files hold, and continues in the copy.
    ///
    /// - Parameters:
    ///   - copy: the path of the copy; there must be no file.
    ///   - install: moves the finished copy to the ledger's path, durably, and whatever lies there out of its way.
    /// - Throws: `LedgerError` when the open files cannot be read, and the errors of `install`. The ledger continues
    ///   unchanged then.
    package func rescue(through copy: String, install: () throws -> Void) throws {
        try Self.explaining(path) {
            // Writers wait meanwhile, and then write to the new file.
            try current.database.writeWithoutTransaction { database in
                try database.execute(sql: "VACUUM INTO ?", arguments: [copy])
                try install()
                try reopen()
            }
        }
    }

    /// Continues in a new, empty file.
    /// - Parameter clear: moves whatever lies at the ledger's path out of the way.
    /// - Throws: `LedgerError`, and the errors of `clear`.
    package func startAnew(clear: () throws -> Void) throws {
        try Self.explaining(path) {
            try current.database.writeWithoutTransaction { _ in
                try clear()
                try reopen()
            }
        }
    }

    /// The ids among these that are not recorded.
    /// - Throws: `LedgerError`.
    package func missing(of ids: [String]) throws -> [String] {
        try read { database in
            let statement = try database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM inspection WHERE id = ?)")
            return try ids.filter { try Bool.fetchOne(statement, arguments: [$0]) != true }
        }
    }
}
