import Foundation
import GRDB
import InspectionDomain
import Synchronization

/// The ledger cannot be used.
package struct LedgerError: Error, Sendable, CustomStringConvertible {
    package let path: String
    package let reason: String
    /// Whether the failure is transient.
    package let isTransient: Bool
    /// Whether the disk is full or the file system read-only, so that every other record would fail too.
    package let cannotWrite: Bool

    package init(path: String, reason: String, isTransient: Bool, cannotWrite: Bool = false) {
        (self.path, self.reason, self.isTransient, self.cannotWrite) = (path, reason, isTransient, cannotWrite)
    }

    package var description: String {
        "ledger \(path): \(reason)"
            + (isTransient
                ? "; retrying"
                : "; if it is damaged, stop inspectd and run `inspectctl repair`: the results on disk are authoritative")
    }
}

/// The record of inspections and undelivered alerts: SQLite in WAL mode with full synchronisation, so that a
/// committed row survives a power cut. One process writes; others read beside it.
package final class Ledger: Sendable {
    /// Called before each commit; its error rolls the transaction back. Tests use it to make a commit fail.
    package typealias BeforeCommit = @Sendable () throws -> Void

    private let open: Mutex<OpenLedger>
    private let beforeCommit: BeforeCommit?
    private let shared = SharedCommits()
    package let path: String

    /// Opens, and makes or migrates when needed.
    ///
    /// - Parameter readOnly: opens an existing ledger beside the daemon that writes it, and changes nothing.
    /// - Throws: `LedgerError`.
    package init(path: String, readOnly: Bool = false, beforeCommit: BeforeCommit? = nil) throws {
        self.path = path
        self.beforeCommit = beforeCommit
        if readOnly, !FileManager.default.fileExists(atPath: path) {
            throw LedgerError(
                path: path, reason: "it does not exist; has inspectd run with this state folder?", isTransient: true)
        }
        open = Mutex(try Self.open(path, readOnly: readOnly))
    }

    private static func open(_ path: String, readOnly: Bool = false) throws -> OpenLedger {
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(10)
        configuration.readonly = readOnly
        return try explaining(path) {
            if readOnly {
                let queue = try DatabaseQueue(path: path, configuration: configuration)
                try queue.read(Schema.checkList)
                return OpenLedger(queue, path: path)
            }
            configuration.prepareDatabase { try $0.keepLogFiles() }
            let pool = try DatabasePool(path: path, configuration: configuration)
            // Here and not while the connection is prepared: a pool lowers it to NORMAL afterwards, and then a power
            // cut loses committed rows.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try Schema.migrate(pool)
            return OpenLedger(pool, path: path)
        }
    }

    /// The open files; replaced by `rescue` and `startAnew`.
    var current: OpenLedger { open.withLock { $0 } }

    /// Continues in the file that is now at the ledger's path.
    func reopen() throws {
        let new = try Self.open(path)
        open.withLock { $0 = new }
    }

    /// Records an inspection and its alert, in one transaction, and marks the record that it supersedes; threads that
    /// record at the same time share its commit.
    ///
    /// - Parameter json: the inspection as in `result.json`, if available; encoded otherwise.
    /// - Returns: false when the frame was recorded before; nothing is changed then.
    /// - Throws: `LedgerError`.
    @discardableResult
    package func record(_ inspection: Inspection, json: Data? = nil, resultPath: String, alert: Alert?) throws -> Bool {
        try writeTogether(Self.insertion(inspection, json: json, resultPath: resultPath, alert: alert))
    }

    /// Records inspections that were made before, without alerts, in one transaction.
    /// - Returns: how many were not recorded yet.
    /// - Throws: `LedgerError`.
    package func restore(_ results: [(inspection: Inspection, json: Data, path: String)]) throws -> Int {
        let insertions = try results.map {
            try Self.insertion($0.inspection, json: $0.json, resultPath: $0.path, alert: nil)
        }
        return try write { database in
            var count = 0
            for (insertion, result) in zip(insertions, results) where try insertion(database) {
                try database.execute(
                    sql: "UPDATE recording SET is_restored = 1 WHERE id = ?", arguments: [result.inspection.resultID])
                count += 1
            }
            return count
        }
    }

    private static func insertion(
        _ inspection: Inspection, json: Data?, resultPath: String, alert: Alert?
    ) throws -> SharedCommits.Body {
        let record = String(decoding: try json ?? DomainJSON.encoder(pretty: false).encode(inspection), as: UTF8.self)
        let alertText = try alert.map {
            String(decoding: try DomainJSON.encoder(pretty: false).encode($0), as: UTF8.self)
        }
        // As `result.json` has it: a ledger that is filled again from the results lists them in the same order.
        let createdAt = inspection.createdAt.millisecondsSince1970 / 1000
        return { database in
            let insertion = try database.cachedStatement(
                sql: """
                    INSERT OR IGNORE INTO inspection (id, line, created_at, verdict, image_score, image_threshold, p_value,
                        image_path, image_sha256, model, model_version, calibration, error_code, error_message, milliseconds,
                        result_path, record)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            try insertion.execute(
                arguments: [
                    inspection.resultID, inspection.line, createdAt,
                    inspection.verdict.rawValue, inspection.imageScore, inspection.imageThreshold, inspection.pValue,
                    inspection.image.path, inspection.image.sha256, inspection.model?.name, inspection.model?.version,
                    inspection.calibration?.id, inspection.error?.code, inspection.error?.message,
                    inspection.timingMilliseconds.total, resultPath,
                    record,
                ])
            guard database.changesCount == 1 else { return false }
            if let earlier = inspection.supersedes {
                try database.execute(
                    sql: "UPDATE inspection SET record = json_set(record, '$.superseded_by', ?) WHERE id = ?",
                    arguments: [inspection.resultID, earlier])
            }
            if let alert, let alertText { try Self.enqueue(database, alert, alertText) }
            return true
        }
    }

    /// Puts an alert that belongs to no frame into the outbox; the same id again changes nothing.
    /// - Throws: `LedgerError`.
    package func enqueue(_ alert: Alert) throws {
        let text = String(decoding: try DomainJSON.encoder(pretty: false).encode(alert), as: UTF8.self)
        try write { try Self.enqueue($0, alert, text) }
    }

    static func enqueue(_ database: Database, _ alert: Alert, _ text: String) throws {
        try database.execute(
            sql: "INSERT OR IGNORE INTO outbox (id, created_at, alert) VALUES (?, ?, ?)",
            arguments: [alert.id, alert.createdAt.timeIntervalSince1970, text])
    }

    /// Whether a frame is recorded.
    /// - Throws: `LedgerError`.
    package func contains(_ id: String) throws -> Bool {
        try read {
            try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM inspection WHERE id = ?)", arguments: [id])
                ?? false
        }
    }

    /// Alerts to deliver, oldest first.
    /// - Throws: `LedgerError`.
    package func pendingAlerts(limit: Int = 100) throws -> [Alert] {
        try read { database in
            try String.fetchAll(
                database, sql: "SELECT alert FROM outbox ORDER BY created_at, id LIMIT ?", arguments: [limit]
            ).map(Self.alert)
        }
    }

    /// Reads every row once, after SQLite's own check of the file.
    /// - Throws: `LedgerError` that names the first damage.
    package func verify() throws {
        try read { database in
            try Schema.checkIntegrity(database)
            let rows = try Row.fetchCursor(database, sql: "SELECT record, result_path FROM inspection")
            while let row = try rows.next() { _ = try Self.entry(row) }
            let alerts = try String.fetchCursor(database, sql: "SELECT alert FROM outbox")
            while let text = try alerts.next() { _ = try Self.alert(text) }
            let expiries = try Row.fetchCursor(database, sql: "SELECT * FROM expired_calibration")
            while let row = try expiries.next() { _ = try Self.expiry(row) }
        }
    }

    private static func alert(_ text: String) throws -> Alert {
        try DomainJSON.decoder().decode(Alert.self, from: Data(text.utf8))
    }

    /// Removes a delivered alert from the outbox.
    /// - Throws: `LedgerError`.
    package func markDelivered(_ id: String) throws {
        try write { try $0.execute(sql: "DELETE FROM outbox WHERE id = ?", arguments: [id]) }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.explaining(path) { try current.database.read(body) }
    }

    /// Whether a commit is on the disk when it returns.
    /// - Throws: `LedgerError`.
    package var isFullySynchronous: Bool {
        get throws {
            try Self.explaining(path) {
                try current.database.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") == 2 }
            }
        }
    }

    /// Whether a transaction can be committed now: rewrites an existing value.
    /// - Throws: `LedgerError`.
    package func probe() throws {
        try write { try $0.execute(sql: "UPDATE grdb_migrations SET identifier = identifier") }
    }

    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.explaining(path) {
            while true {
                let open = current
                let value = try open.database.write { database -> Value? in
                    // The ledger may have moved on to another file while this thread waited for its turn.
                    guard current === open else { return .none }
                    let value = try body(database)
                    try beforeCommit?()
                    return .some(value)
                }
                if let value { return value }
            }
        }
    }

    private func writeTogether(_ body: @escaping SharedCommits.Body) throws -> Bool {
        try Self.explaining(path) { try shared.write({ self.current }, beforeCommit: beforeCommit, body) }
    }

    /// Converts an error of the database or of a damaged row to a `LedgerError`.
    static func explaining<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as RowDecodingError {
            throw LedgerError(path: path, reason: "a row is damaged: \(error)", isTransient: false)
        } catch let error as DecodingError {
            throw LedgerError(path: path, reason: "a record is damaged: \(error)", isTransient: false)
        } catch let error as DatabaseError {
            let transient: [ResultCode] = [
                .SQLITE_FULL, .SQLITE_READONLY, .SQLITE_BUSY, .SQLITE_IOERR, .SQLITE_NOMEM,
            ]
            throw LedgerError(
                path: path, reason: error.message ?? "\(error.resultCode)",
                isTransient: transient.contains(error.resultCode),
                cannotWrite: [.SQLITE_FULL, .SQLITE_READONLY].contains(error.resultCode))
        }
    }
}
