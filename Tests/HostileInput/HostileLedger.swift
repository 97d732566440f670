import Foundation
import GRDB
import InspectionDomain
import LedgerStore

/// Two kinds of input. A database image is opened as the file that it is, one in sixteen as the daemon does, with
/// migrations. Anything else is a row of each table in a ledger whose columns take every type: its first bytes choose
/// what the columns hold, the rest is the record, the alert and every text.
final class HostileLedger: @unchecked Sendable {  // libFuzzer calls from one thread
    static let shared = HostileLedger()

    private let folder: String
    /// Writes rows that the ledger then reads.
    private let rows: DatabaseQueue
    private let rowsLedger: Ledger

    private init() {
        // In memory where there is such a file system: thousands of ledgers a second, each synchronised.
        let root = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        folder = "\(root)/inspectd-fuzz-\(getpid())"
        let rowsPath = "\(folder)/rows.sqlite"
        do {
            try? FileManager.default.removeItem(atPath: folder)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            atexit { try? FileManager.default.removeItem(atPath: HostileLedger.shared.folder) }
            do {
                _ = try Ledger(path: rowsPath)
                let loosened = try DatabaseQueue(path: rowsPath)
                try loosened.writeWithoutTransaction { database in
                    try database.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA writable_schema = ON")
                    for word in [" STRICT", " NOT NULL", " TEXT", " REAL", " INTEGER"] {
                        try database.execute(
                            sql: "UPDATE sqlite_schema SET sql = replace(sql, ?, '') WHERE name NOT LIKE 'grdb%'",
                            arguments: [word])
                    }
                    // The number of a row is its key, which can hold nothing but a number.
                    try database.execute(
                        sql:
                            "UPDATE sqlite_schema SET sql = replace(sql, 'sequence PRIMARY', 'sequence INTEGER PRIMARY')"
                    )
                }
            }
            rows = try DatabaseQueue(path: rowsPath)
            rowsLedger = try Ledger(path: rowsPath, readOnly: true)
        } catch {
            fatalError("the ledger to put rows into: \(error)")
        }
    }

    func read(_ data: Data) {
        if data.starts(with: Data("SQLite format 3".utf8)) {
            image(data)
        } else {
            row([UInt8](data))
        }
    }

    private func image(_ data: Data) {
        let path = "\(folder)/image.sqlite"
        defer { for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) } }
        guard FileManager.default.createFile(atPath: path, contents: data) else { fatalError("cannot write \(path)") }
        let asDaemon = data.reduce(UInt8(0), &+) % 16 == 0
        guard let ledger = try? Ledger(path: path, readOnly: !asDaemon) else { return }
        readEverything(ledger)
        guard asDaemon else { return }
        try? ledger.markDelivered("x")
        try? ledger.probe()
    }

    private func row(_ bytes: [UInt8]) {
        let tables = ["inspection": 17, "outbox": 3, "expired_calibration": 5]
        let kinds = bytes.prefix(25), text = String(decoding: bytes.dropFirst(25), as: UTF8.self)
        var kind = kinds.makeIterator()
        func value(_ honest: any DatabaseValueConvertible) -> DatabaseValue {
            let byte = kind.next() ?? 0
            switch byte % 8 {
            case 1: return .null
            case 2: return Int64(bitPattern: UInt64(byte) << 56 | UInt64(byte)).databaseValue
            case 3: return (Double(Int8(bitPattern: byte)) * 1e9).databaseValue
            case 4: return Double(sign: .plus, exponent: Int(byte) * 4, significand: 1).databaseValue
            case 5: return text.databaseValue
            case 6: return Data(bytes).databaseValue
            case 7: return "normal".databaseValue
            default: return honest.databaseValue
            }
        }
        let honest: [String: [any DatabaseValueConvertible]] = [
            "inspection": [
                "id", "line", 1.7e9, "error", 1.0, 1.0, 0.5, "/a.jpg", "00", "m", 1, "c", "corrupt", text, 5.0, "/r",
                text,
            ],
            "outbox": ["id", 1.7e9, text],
            "expired_calibration": ["line", "c", 1.7e9, 1.7e9, "risen"],
        ]
        do {
            try rows.write { database in
                for (table, columns) in tables.sorted(by: { $0.value > $1.value }) {
                    let marks = databaseQuestionMarks(count: columns)
                    try database.execute(sql: "DELETE FROM \(table)")
                    try database.execute(
                        sql: "INSERT INTO \(table) VALUES (\(marks))",
                        arguments: StatementArguments(honest[table]!.map(value)))
                }
            }
            readEverything(rowsLedger)
        } catch {
            fatalError("a row that was to be put into the ledger: \(error)")
        }
    }

    /// Everything that the programs ask a ledger. What comes out must be printable.
    private func readEverything(_ ledger: Ledger) {
        for entry in (try? ledger.history()) ?? [] {
            _ = try? DomainJSON.encoder().encode(entry.inspection)
        }
        _ = try? ledger.entry("id")
        for summary in (try? ledger.summaries(since: .distantPast)) ?? [] {
            _ = summary.last.map(DomainJSON.string)
            _ = (summary.lastError?.date).map(DomainJSON.string)
            _ = try? ledger.scores(line: summary.line, last: 100)
            for (_, date)
                in (try? ledger.normalScores(line: summary.line, calibration: "c", since: .distantPast, last: 9)) ?? []
            {
                _ = DomainJSON.string(from: date)
            }
        }
        _ = (try? ledger.expiry(line: "line", calibration: "c")).map { DomainJSON.string(from: $0.since) }
        _ = try? ledger.pendingAlerts()
        _ = try? (ledger.latestSequences(), ledger.backlog(line: "line", after: 0))
        if let identity = try? ledger.identity() {
            let start = RecordPosition(ledger: identity, sequence: 0)
            _ = try? ledger.records(line: "line", after: start, verdicts: nil, limit: 9)
        }
        _ = try? (
            ledger.pendingAlertCount(), ledger.count(), ledger.contains("id"), ledger.hasInspections(line: "line")
        )
        try? ledger.verify()
    }
}
