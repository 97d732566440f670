import Foundation
import GRDB

/// What a sink has done so far.
package struct SinkCounts: Sendable, Equatable {
    package var delivered, retried, dead: Int
    package var lastDelivered: Date?
    package var lastError: String?
    package var lastErrorAt: Date?
}

/// A test message that an operator asked for.
package struct TestRequest: Sendable, Equatable {
    package let number: Int64
    package let sink: String
}

extension DeliveryStore {
    /// Nil for an unknown sink.
    /// - Throws: `DeliveryStoreError`.
    package func counts(sink: String) throws -> SinkCounts? {
        let dead = try deadLetterCount(sink: sink)
        return try read {
            try Row.fetchOne($0, sql: "SELECT * FROM sink WHERE name = ?", arguments: [sink]).map { row in
                func date(_ column: String) throws -> Date? {
                    try row.decode(Double?.self, forColumn: column) == nil ? nil : try row.date(column)
                }
                return SinkCounts(
                    delivered: try row.decode(forColumn: "delivered"), retried: try row.decode(forColumn: "retried"),
                    dead: dead, lastDelivered: try date("last_delivered_at"),
                    lastError: try row.decode(forColumn: "last_error"), lastErrorAt: try date("last_error_at"))
            }
        }
    }

    /// Asks the gateway for a test message.
    /// - Returns: the request's number.
    /// - Throws: `DeliveryStoreError`.
    package func requestTest(sink: String, now: Date = Date()) throws -> Int64 {
        try write { database in
            try database.execute(
                sql: "DELETE FROM test_request WHERE asked_at < ?",
                arguments: [
                    now.timeIntervalSince1970 - 86_400
                ])
            try database.execute(
                sql: "INSERT INTO test_request (sink, asked_at) VALUES (?, ?)",
                arguments: [sink, now.timeIntervalSince1970])
            return database.lastInsertedRowID
        }
    }

    /// Requests of the last minute without an outcome: nobody waits for older ones.
    /// - Throws: `DeliveryStoreError`.
    package func openTests(now: Date = Date()) throws -> [TestRequest] {
        try read {
            try Row.fetchAll(
                $0,
                sql: "SELECT number, sink FROM test_request WHERE outcome IS NULL AND asked_at >= ? ORDER BY number",
                arguments: [now.timeIntervalSince1970 - 60]
            ).map { TestRequest(number: try $0.decode(forColumn: "number"), sink: try $0.decode(forColumn: "sink")) }
        }
    }

    /// - Throws: `DeliveryStoreError`.
    package func answer(_ request: TestRequest, isDelivered: Bool, _ outcome: String) throws {
        try write {
            try $0.execute(
                sql: "UPDATE test_request SET is_delivered = ?, outcome = ? WHERE number = ?",
                arguments: [isDelivered, outcome, request.number])
        }
    }

    /// The outcome of a test; nil while there is none.
    /// - Throws: `DeliveryStoreError`.
    package func outcome(ofTest number: Int64) throws -> (isDelivered: Bool, text: String)? {
        try read { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT is_delivered, outcome FROM test_request WHERE number = ? AND outcome IS NOT NULL",
                arguments: [number])
            return try row.map { (try $0.decode(forColumn: "is_delivered"), try $0.decode(forColumn: "outcome")) }
        }
    }
}
