import Foundation
import GRDB
import InspectionDomain

/// A message that its receiver refused for good.
package struct DeadLetter: Sendable, Equatable {
    package let number: Int64
    package let sink: String
    package let record: RecordedInspection
    package let reason: String
    package let diedAt: Date
    package let isRetried: Bool
}

extension DeliveryStore {
    static func bury(
        _ database: Database, _ sink: String, _ record: RecordedInspection, _ reason: String, _ now: Date
    ) throws {
        try database.execute(
            sql: """
                INSERT INTO dead_letter (sink, line, id, verdict, made_at, result_path, json, reason, died_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (sink, id) DO UPDATE SET reason = excluded.reason, died_at = excluded.died_at, is_retried = 0
                """,
            arguments: [
                sink, record.line, record.id, record.verdict?.rawValue, record.createdAt.timeIntervalSince1970,
                record.resultPath, record.json, reason, now.timeIntervalSince1970,
            ])
        try note(database, sink, reason, now)
    }

    private static func note(_ database: Database, _ sink: String, _ error: String, _ now: Date) throws {
        try database.execute(
            sql: "UPDATE sink SET last_error = ?, last_error_at = ? WHERE name = ?",
            arguments: [error, now.timeIntervalSince1970, sink])
    }

    /// Counts a failed attempt that is followed by another one.
    /// - Throws: `DeliveryStoreError`.
    package func countRetry(sink: String, error: String, now: Date = Date()) throws {
        try write { database in
            try Self.note(database, sink, error, now)
            try database.execute(sql: "UPDATE sink SET retried = retried + 1 WHERE name = ?", arguments: [sink])
        }
    }

    /// Dead letters, oldest first.
    /// - Throws: `DeliveryStoreError`.
    package func deadLetters(sink: String, limit: Int = 100) throws -> [DeadLetter] {
        try read {
            try Row.fetchAll(
                $0, sql: "SELECT * FROM dead_letter WHERE sink = ? ORDER BY number LIMIT ?", arguments: [sink, limit]
            ).map(Self.letter)
        }
    }

    /// - Throws: `DeliveryStoreError`.
    package func deadLetterCount(sink: String) throws -> Int {
        try read {
            try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM dead_letter WHERE sink = ?", arguments: [sink]) ?? 0
        }
    }

    /// Has dead letters sent again.
    /// - Parameter id: the result of the only one; nil for all.
    /// - Returns: how many there are.
    /// - Throws: `DeliveryStoreError`.
    package func retry(sink: String, id: String? = nil) throws -> Int {
        try write { database in
            try database.execute(
                sql: "UPDATE dead_letter SET is_retried = 1 WHERE sink = ?1 AND (?2 IS NULL OR id = ?2)",
                arguments: [sink, id])
            return database.changesCount
        }
    }

    /// The first dead letter of a line that is to be sent again.
    /// - Throws: `DeliveryStoreError`.
    package func nextRetry(sink: String, line: String) throws -> DeadLetter? {
        try read {
            try Row.fetchOne(
                $0,
                sql: """
                    SELECT * FROM dead_letter WHERE sink = ? AND line = ? AND is_retried = 1 ORDER BY number LIMIT 1
                    """, arguments: [sink, line]
            ).map(Self.letter)
        }
    }

    /// The lines of a sink with dead letters to send again.
    /// - Throws: `DeliveryStoreError`.
    package func linesToRetry(sink: String) throws -> [String] {
        try read {
            try String.fetchAll(
                $0, sql: "SELECT DISTINCT line FROM dead_letter WHERE sink = ? AND is_retried = 1", arguments: [sink])
        }
    }

    /// The outcome of sending a dead letter again.
    /// - Throws: `DeliveryStoreError`.
    package func settle(_ letter: DeadLetter, _ result: DeliveryResult, now: Date = Date()) throws {
        try write { database in
            switch result {
            case .delivered, .passedOver:
                try database.execute(sql: "DELETE FROM dead_letter WHERE number = ?", arguments: [letter.number])
                if result == .delivered { try Self.countDelivery(database, letter.sink, now) }
            case .dead(let reason): try Self.bury(database, letter.sink, letter.record, reason, now)
            }
        }
    }

    private static func letter(_ row: Row) throws -> DeadLetter {
        DeadLetter(
            number: try row.decode(forColumn: "number"), sink: try row.decode(forColumn: "sink"),
            record: RecordedInspection(
                sequence: 0, id: try row.decode(forColumn: "id"), line: try row.decode(forColumn: "line"),
                verdict: try row.decode(String?.self, forColumn: "verdict").flatMap(Verdict.init(rawValue:)),
                createdAt: try row.date("made_at"), json: try row.decode(forColumn: "json"),
                resultPath: try row.decode(forColumn: "result_path")),
            reason: try row.decode(forColumn: "reason"), diedAt: try row.date("died_at"),
            isRetried: try row.decode(forColumn: "is_retried"))
    }
}
