import Foundation
import GRDB

/// How far a sink has got.
package struct SinkPositions: Sendable, Codable, Equatable {
    /// The identity of the ledger that gave the numbers.
    package var ledger: String
    package var lines: [String: Int64]
    /// The number for lines that are not in `lines`.
    package var others: Int64

    package init(ledger: String, lines: [String: Int64], others: Int64) {
        (self.ledger, self.lines, self.others) = (ledger, lines, others)
    }

    package subscript(line: String) -> Int64 { lines[line] ?? others }

    /// The number that a line has got to in a ledger: 0 in one that the sink has not met.
    package func reached(_ line: String, in ledger: String) -> Int64 { ledger == self.ledger ? self[line] : 0 }
}

extension DeliveryStore {
    /// Makes a sink known; a new one starts behind all records that exist.
    /// - Returns: whether it is new.
    /// - Throws: `DeliveryStoreError`.
    package func add(sink: String, ledger: String, start: Int64, now: Date = Date()) throws -> Bool {
        try write { database in
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO sink (name, ledger, start, floor, floor_end, added_at) VALUES (?, ?, ?, ?, 0, ?)
                    """,
                arguments: [sink, ledger, start, now.timeIntervalSince1970, now.timeIntervalSince1970])
            return database.changesCount == 1
        }
    }

    /// A sink's position on a line.
    /// - Throws: `DeliveryStoreError`.
    package func position(sink: String, line: String) throws -> RecordPosition {
        try read { try Self.position($0, sink, line) }
    }

    /// The positions of a sink's lines as far as they have one of their own, and the one of all others.
    /// - Throws: `DeliveryStoreError`.
    package func positions(sink: String) throws -> SinkPositions? {
        try read { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT ledger, start FROM sink WHERE name = ?", arguments: [sink])
            guard let row else { return nil }
            var lines: [String: Int64] = [:]
            for row in try Row.fetchAll(
                database, sql: "SELECT line, sequence FROM cursor WHERE sink = ?", arguments: [sink])
            {
                lines[try row.decode(forColumn: "line")] = try row.decode(forColumn: "sequence")
            }
            return SinkPositions(
                ledger: try row.decode(forColumn: "ledger"), lines: lines, others: try row.decode(forColumn: "start"))
        }
    }

    private static func position(_ database: Database, _ sink: String, _ line: String) throws -> RecordPosition {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT ledger, IFNULL(sequence, start) AS sequence, id, IFNULL(cursor.floor, sink.floor) AS floor,
                    IFNULL(cursor.floor_end, sink.floor_end) AS floor_end
                FROM sink LEFT JOIN cursor ON cursor.sink = sink.name AND cursor.line = ?2 WHERE sink.name = ?1
                """, arguments: [sink, line])
        guard let row else {
            throw DatabaseError(resultCode: .SQLITE_NOTFOUND, message: "there is no sink '\(sink)'")
        }
        return RecordPosition(
            ledger: try row.decode(forColumn: "ledger"), sequence: try row.decode(forColumn: "sequence"),
            id: try row.decode(forColumn: "id"),
            floor: try row.date("floor"), floorEnd: try row.decode(forColumn: "floor_end"))
    }

    /// - Parameters:
    ///   - position: the one that is replaced; what it passes over stays.
    ///   - id: the record with the number; nil for a number that was not handled.
    private static func set(
        _ database: Database, _ sink: String, _ line: String, _ position: RecordPosition, to sequence: Int64,
        _ id: String?, madeAt date: Date
    ) throws {
        try database.execute(
            sql: """
                INSERT INTO cursor (sink, line, sequence, id, made_at, floor, floor_end) VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET sequence = excluded.sequence, id = excluded.id, made_at = excluded.made_at
                """,
            arguments: [
                sink, line, sequence, id, date.timeIntervalSince1970, position.floor.timeIntervalSince1970,
                position.floorEnd,
            ])
    }

    /// Moves a sink on behind a record.
    /// - Returns: false when the position is another one by now; nothing is changed then.
    /// - Throws: `DeliveryStoreError`.
    package func advance(
        sink: String, from position: RecordPosition, to record: RecordedInspection, _ result: DeliveryResult,
        now: Date = Date()
    ) throws -> Bool {
        try write { database in
            guard try Self.position(database, sink, record.line) == position else { return false }
            try Self.set(
                database, sink, record.line, position, to: record.sequence, record.id, madeAt: record.createdAt)
            switch result {
            case .delivered: try Self.countDelivery(database, sink, now)
            case .passedOver: break
            case .dead(let reason): try Self.bury(database, sink, record, reason, now)
            }
            return true
        }
    }

    /// Moves a sink on behind records that it does not want.
    /// - Returns: false when the position is another one by now; nothing is changed then.
    /// - Throws: `DeliveryStoreError`.
    package func advance(
        sink: String, line: String, from position: RecordPosition, to end: Int64, now: Date = Date()
    ) throws -> Bool {
        try write { database in
            guard try Self.position(database, sink, line) == position else { return false }
            try Self.set(database, sink, line, position, to: end, nil, madeAt: now)
            return true
        }
    }

    static func countDelivery(_ database: Database, _ sink: String, _ now: Date) throws {
        try database.execute(
            sql: "UPDATE sink SET delivered = delivered + 1, last_delivered_at = ? WHERE name = ?",
            arguments: [now.timeIntervalSince1970, sink])
    }

    /// The time before the latest handled record within which records of another ledger count as not handled: workers
    /// finish in another order than they begin.
    private static let overlap = 600.0

    /// Starts at the beginning of another ledger, or of an older copy of the same, whose numbers mean other records.
    /// Records that are older than the latest handled one are passed over, as far as they were restored or have a number
    /// up to `floorEnd`.
    /// - Parameters:
    ///   - line: the line on which the change was noticed.
    ///   - position: the position there.
    /// - Returns: false when the position is another one by now; nothing is changed then.
    /// - Throws: `DeliveryStoreError`.
    package func move(
        sink: String, line: String, from position: RecordPosition, to change: LedgerChange
    ) throws -> Bool {
        try write { database in
            guard try Self.position(database, sink, line) == position else { return false }
            try database.execute(
                sql: """
                    UPDATE cursor SET sequence = 0, id = NULL, floor = made_at - ?, floor_end = ? WHERE sink = ?
                    """, arguments: [Self.overlap, change.floorEnd, sink])
            try database.execute(
                sql: "UPDATE sink SET ledger = ?, start = 0, floor_end = ? WHERE name = ?",
                arguments: [change.ledger, change.floorEnd, sink])
            return true
        }
    }

    /// Moves a sink behind all records of a ledger up to a number, delivered or not.
    /// - Parameter line: the only line that is moved; nil for all.
    /// - Throws: `DeliveryStoreError`; for one line also when the sink has not met that ledger yet.
    package func skip(sink: String, line: String?, ledger: String, to end: Int64, now: Date = Date()) throws {
        let time = now.timeIntervalSince1970
        try write { database in
            guard let line else {
                try database.execute(sql: "DELETE FROM cursor WHERE sink = ?", arguments: [sink])
                return try database.execute(
                    sql: "UPDATE sink SET ledger = ?, start = ?, floor = ?, floor_end = 0 WHERE name = ?",
                    arguments: [ledger, end, time, sink])
            }
            let position = try Self.position(database, sink, line)
            guard position.ledger == ledger else {
                throw DatabaseError(
                    resultCode: .SQLITE_MISMATCH,
                    message: "the gateway has not met the present ledger yet; start it, and skip then")
            }
            try Self.set(database, sink, line, position, to: end, nil, madeAt: now)
        }
    }
}
