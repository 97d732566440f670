import Foundation
import GRDB
import InspectionDomain

/// An inspection as a reader meets it that follows the order of recording.
package struct RecordedInspection: Sendable, Equatable {
    package let sequence: Int64
    package let id: String
    package let line: String
    package let verdict: Verdict?
    package let createdAt: Date
    /// The record on one line, with `result_path` added; nil for a damaged row.
    package let json: String?
    /// The folder of the result's files.
    package let resultPath: String
}

/// A place in a line's order of recording: everything up to it has been handled.
package struct RecordPosition: Sendable, Equatable {
    /// The identity of the ledger that gave the numbers.
    package var ledger: String
    package var sequence: Int64
    /// The record with that number; nil where none was handled yet.
    package var id: String?
    /// Records that are older than this date and have a number up to `floorEnd`, or were restored from results on disk,
    /// are passed over: they were handled under other numbers.
    package var floor: Date
    package var floorEnd: Int64

    package init(
        ledger: String, sequence: Int64, id: String? = nil, floor: Date = Date(timeIntervalSince1970: 0),
        floorEnd: Int64 = 0
    ) {
        (self.ledger, self.sequence, self.id) = (ledger, sequence, id)
        (self.floor, self.floorEnd) = (floor, floorEnd)
    }
}

/// The next records of a line.
package struct RecordPage: Sendable, Equatable {
    package var records: [RecordedInspection]
    /// All numbers of the line up to this one have been considered.
    package var end: Int64
    /// Set when the position is not of this ledger: another one has taken its place, or an older copy of it. There are
    /// no records then.
    package var change: LedgerChange?
}

/// The order in which the records of a ledger are numbered that is not the one of a position.
package struct LedgerChange: Sendable, Equatable {
    package let ledger: String
    /// The newest number, for an older copy of the same ledger; 0 for another ledger.
    package let floorEnd: Int64
}

/// Records that wait behind a position.
package struct RecordBacklog: Sendable, Equatable {
    package var count: Int
    /// When the first of them was made.
    package var oldest: Date?
}

extension Ledger {
    /// Tells this ledger from every other; the same after it was moved, copied or vacuumed.
    /// - Throws: `LedgerError`.
    package func identity() throws -> String {
        try read(Self.identity)
    }

    private static func identity(_ database: Database) throws -> String {
        try String.fetchOne(database, sql: "SELECT id FROM ledger_identity") ?? ""
    }

    /// The number of the newest record of each line. The search steps from line to line in the index, so it costs the
    /// same however many records there are.
    /// - Throws: `LedgerError`.
    package func latestSequences() throws -> [String: Int64] {
        try read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    WITH RECURSIVE lines(line) AS (
                        SELECT MIN(line) FROM recording
                        UNION ALL
                        SELECT (SELECT MIN(line) FROM recording WHERE line > lines.line) FROM lines
                        WHERE lines.line IS NOT NULL)
                    SELECT line, (SELECT MAX(sequence) FROM recording WHERE recording.line = lines.line) AS latest
                    FROM lines WHERE line IS NOT NULL
                    """)
            var latest: [String: Int64] = [:]
            for row in rows { latest[try row.decode(forColumn: "line")] = try row.decode(forColumn: "latest") }
            return latest
        }
    }

    /// The highest number given so far; 0 for none.
    /// - Throws: `LedgerError`.
    package func latestSequence() throws -> Int64 { try read(Self.latestSequence) }

    private static func latestSequence(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'recording'") ?? 0
    }

    /// The next records of a line after a position, in the order of recording.
    /// - Parameter verdicts: the verdicts wanted; nil for all.
    /// - Throws: `LedgerError`.
    package func records(
        line: String, after position: RecordPosition, verdicts: Set<Verdict>?, limit: Int
    ) throws -> RecordPage {
        try read { database in
            if let change = try Self.change(since: position, database) {
                return RecordPage(records: [], end: 0, change: change)
            }
            let wanted = (verdicts ?? []).map(\.rawValue).sorted()
            let condition =
                verdicts == nil ? "" : "AND verdict IN (\(wanted.map { _ in "?" }.joined(separator: ", ")))"
            let arguments: [any DatabaseValueConvertible] =
                [line, position.sequence, position.floor.timeIntervalSince1970, position.floorEnd] + wanted + [limit]
            let records = try Row.fetchAll(
                database,
                sql: """
                    SELECT sequence, recording.id AS id, recording.line AS line, verdict, created_at, result_path,
                        CASE WHEN json_valid(record) THEN json_set(record, '$.result_path', result_path) END AS json
                    FROM recording JOIN inspection ON inspection.id = recording.id
                    WHERE recording.line = ? AND sequence > ?
                        AND (created_at >= ? OR (sequence > ? AND NOT is_restored)) \(condition)
                    ORDER BY sequence LIMIT ?
                    """, arguments: StatementArguments(arguments)
            ).map(Self.recorded)
            // The same snapshot: a record that comes meanwhile has a higher number.
            let latest = try Int64.fetchOne(
                database, sql: "SELECT MAX(sequence) FROM recording WHERE line = ?", arguments: [line])
            let end = records.count < limit ? latest : records.last?.sequence
            return RecordPage(records: records, end: max(position.sequence, end ?? 0))
        }
    }

    /// A damaged value does not hide the rows behind it: the row comes without its JSON.
    private static func recorded(_ row: Row) throws -> RecordedInspection {
        RecordedInspection(
            sequence: try row.decode(forColumn: "sequence"), id: try row.decode(forColumn: "id"),
            line: try row.decode(forColumn: "line"),
            verdict: (try? row.decode(String.self, forColumn: "verdict")).flatMap(Verdict.init(rawValue:)),
            createdAt: (try? row.date("created_at")) ?? Date(timeIntervalSince1970: 0),
            json: try? row.decode(String?.self, forColumn: "json"),
            resultPath: (try? row.decode(String.self, forColumn: "result_path")) ?? "")
    }

    private static func change(since position: RecordPosition, _ database: Database) throws -> LedgerChange? {
        let identity = try identity(database)
        guard identity == position.ledger else { return LedgerChange(ledger: identity, floorEnd: 0) }
        let latest = try latestSequence(database)
        let now = try String.fetchOne(
            database, sql: "SELECT id FROM recording WHERE sequence = ?", arguments: [position.sequence])
        let isPast = latest >= position.sequence && (now == nil || position.id == nil || now == position.id)
        return isPast ? nil : LedgerChange(ledger: identity, floorEnd: latest)
    }

    /// The first record of a line behind a position.
    package struct First: Sendable, Equatable {
        package let sequence: Int64
        package let createdAt: Date
        package let resultPath: String
    }

    /// - Throws: `LedgerError`.
    package func first(line: String, after sequence: Int64) throws -> First? {
        try read { try Self.first($0, line, sequence) }
    }

    private static func first(_ database: Database, _ line: String, _ sequence: Int64) throws -> First? {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT sequence, created_at, result_path FROM recording JOIN inspection ON inspection.id = recording.id
                WHERE recording.line = ? AND sequence > ? ORDER BY sequence LIMIT 1
                """, arguments: [line, sequence])
        return try row.map {
            First(
                sequence: try $0.decode(forColumn: "sequence"), createdAt: try $0.date("created_at"),
                resultPath: try $0.decode(forColumn: "result_path"))
        }
    }

    /// The records of a line behind a position, whatever their verdict.
    /// - Throws: `LedgerError`.
    package func backlog(line: String, after sequence: Int64) throws -> RecordBacklog {
        try read { database in
            let count = try Int.fetchOne(
                database, sql: "SELECT COUNT(*) FROM recording WHERE line = ? AND sequence > ?",
                arguments: [line, sequence])
            return RecordBacklog(
                count: count ?? 0, oldest: try Self.first(database, line, sequence)?.createdAt)
        }
    }
}
