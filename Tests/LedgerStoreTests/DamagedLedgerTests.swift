import Foundation
import GRDB
import InspectionDomain
import LedgerStore
import TestSupport
import Testing

/// A damaged file can hold any value in any column, whatever the table's declaration says. Reading it is an error that
/// says what to do, and never crashes the process.
@Suite struct DamagedLedgerTests {
    /// A ledger with one frame, one alert and one expiry, whose tables take anything.
    private func withLooseLedger(_ body: (DatabaseQueue, _ path: String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("ledger.sqlite").path
            do {
                let ledger = try Ledger(path: path)
                var frame = Inspection(
                    resultID: "x", line: "a", createdAt: Date(timeIntervalSince1970: 1000),
                    image: ImageInfo(path: "/w/x.jpg"), verdict: .error)
                frame.error = InspectionError(code: "truncated", message: "ends early")
                let alert = Alert(id: "x", kind: .unreadable, line: "a", createdAt: frame.createdAt, message: "m")
                try ledger.record(frame, resultPath: "/r", alert: alert)
                frame.resultID = "y"
                (frame.verdict, frame.imageScore, frame.error) = (.normal, 1, nil)
                frame.calibration = CalibrationIdentity(
                    id: "c", n: 9, falseAlarmRate: 0.1, confidence: nil, rule: "order-statistic", k: 9)
                try ledger.record(frame, resultPath: "/r", alert: nil)
                let expiry = CalibrationExpiry(
                    line: "a", calibration: "c", since: frame.createdAt, noticedAt: frame.createdAt, direction: "risen")
                _ = try ledger.record(expiry, alert: alert)
                try ledger.verify()
            }
            try DatabaseQueue(path: path).writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA writable_schema = ON")
                for word in [" STRICT", " NOT NULL", " TEXT", " REAL", " INTEGER"] {
                    try database.execute(
                        sql: "UPDATE sqlite_schema SET sql = replace(sql, ?, '') WHERE name NOT LIKE 'grdb%'",
                        arguments: [word])
                }
                // The number of a row is its key, which can hold nothing but a number.
                try database.execute(
                    sql: "UPDATE sqlite_schema SET sql = replace(sql, 'sequence PRIMARY', 'sequence INTEGER PRIMARY')")
            }
            try body(try DatabaseQueue(path: path), path)
        }
    }

    private static let values = ["NULL", "9223372036854775807", "1e300", "-1e300", "9e999", "'a'", "x'ff00'"]
    private static let columns = [
        "inspection.record", "inspection.result_path", "inspection.line", "inspection.created_at",
        "inspection.image_score", "inspection.milliseconds", "inspection.error_message", "inspection.verdict",
        "outbox.alert", "outbox.created_at", "expired_calibration.since", "expired_calibration.noticed_at",
        "expired_calibration.direction", "recording.id", "recording.line", "ledger_identity.id",
    ]

    @Test(arguments: columns, values)
    func any_value_in_any_column_is_read_or_is_an_error_in_words(column: String, value: String) throws {
        let parts = column.split(separator: ".")
        try withLooseLedger { database, path in
            try database.write { try $0.execute(sql: "UPDATE OR REPLACE \(parts[0]) SET \(parts[1]) = \(value)") }
            let ledger = try Ledger(path: path, readOnly: true)
            let reading: [() throws -> Void] = [
                { for entry in try ledger.history() { _ = try DomainJSON.encoder().encode(entry.inspection) } },
                { _ = try ledger.entry("x") },
                {
                    for summary in try ledger.summaries(since: .distantPast) {
                        _ = summary.last.map(DomainJSON.string)
                        _ = (summary.lastError?.date).map(DomainJSON.string)
                    }
                },
                { _ = try ledger.scores(line: "a", last: 9) },
                {
                    let scores = try ledger.normalScores(line: "a", calibration: "c", since: .distantPast, last: 9)
                    for score in scores { _ = DomainJSON.string(from: score.date) }
                },
                { _ = (try ledger.expiry(line: "a", calibration: "c")?.since).map(DomainJSON.string) },
                { _ = try ledger.pendingAlerts() },
                { _ = (try ledger.latestSequences(), try ledger.backlog(line: "a", after: 0)) },
                {
                    let start = RecordPosition(ledger: try ledger.identity(), sequence: 0)
                    _ = try ledger.records(line: "a", after: start, verdicts: nil, limit: 9)
                },
                { try ledger.verify() },
            ]
            for read in reading {
                do {
                    try read()
                } catch let error as LedgerError {
                    #expect(error.description.contains("inspectctl repair"), "\(error)")
                }
            }
        }
    }

    @Test(arguments: [
        ("UPDATE inspection SET record = NULL", "record"), ("UPDATE inspection SET record = '{}'", "record"),
        ("UPDATE inspection SET result_path = NULL", "result_path"), ("UPDATE outbox SET alert = '[]'", "record"),
        ("UPDATE expired_calibration SET since = 1e300", "since"),
        ("DROP TABLE outbox", "outbox"), ("INSERT INTO inspection (record) VALUES ('[')", "record"),
    ])
    func verification_detects_damage(sql: String, named: String) throws {
        try withLooseLedger { database, path in
            try Ledger(path: path, readOnly: true).verify()
            try database.writeWithoutTransaction { try $0.execute(sql: sql) }
            let error = try #require(throws: LedgerError.self) { try Ledger(path: path, readOnly: true).verify() }
            #expect(error.description.contains(named) && !error.isTransient, "\(error)")
        }
    }

    /// SQLite does not check every column of its list of tables; the library above it does, and would crash the
    /// process.
    @Test(arguments: ["NULL", "x'ff00'"], [true, false])
    func a_damaged_list_of_tables_is_an_error_in_words(value: String, readOnly: Bool) throws {
        try withLooseLedger { database, path in
            try database.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA writable_schema = ON")
                try $0.execute(sql: "UPDATE sqlite_schema SET type = \(value) WHERE name = 'sqlite_autoindex_outbox_1'")
            }
            let error = try #require(throws: LedgerError.self) { try Ledger(path: path, readOnly: readOnly) }
            #expect(error.description.contains("list of tables") && error.description.contains("inspectctl repair"))
            #expect(!error.isTransient)
        }
    }

    /// A table created in a file that lists a used page as free overwrites that page.
    @Test func a_damaged_ledger_of_an_earlier_version_is_not_migrated() throws {
        try withLooseLedger { database, path in
            try database.writeWithoutTransaction {
                try $0.execute(sql: "DROP TABLE expired_calibration")
                for table in ["recording", "ledger_identity"] { try $0.execute(sql: "DROP TABLE \(table)") }
                try $0.execute(sql: "DELETE FROM grdb_migrations WHERE identifier > '1'")
                try $0.execute(sql: "VACUUM")
            }
            try database.close()
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            // The header's list of free pages, bytes 32 to 39: it begins with page 2, which is a table's, and is one
            // page long.
            bytes.replaceSubrange(32..<40, with: [0, 0, 0, 2, 0, 0, 0, 1])
            try bytes.write(to: URL(fileURLWithPath: path))
            let error = try #require(throws: LedgerError.self) { try Ledger(path: path) }
            #expect(error.description.contains("inspectctl repair") && !error.isTransient, "\(error)")
            let tables = try DatabaseQueue(path: path).read {
                try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
            }
            #expect(Set(tables) == ["grdb_migrations", "inspection", "outbox"])
        }
    }
}
