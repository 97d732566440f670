import Foundation
import GRDB
import InspectionDomain

/// The inspections that may be forgotten: by the order in which they were recorded, not by the clock's time.
package struct ForgettingLimit: Sendable, Equatable {
    /// All inspections up to this row.
    package let row: Int64
    /// Inspections up to this row that were made before a date.
    package let believedRow: Int64
    package let before: Date
    /// Inspections with this number of recording and higher ones are spared; nil for none.
    package var heldSequence: Int64?

    package init(row: Int64, believedRow: Int64, before: Date) {
        (self.row, self.believedRow, self.before) = (row, believedRow, before)
    }

    /// All inspections made before a date, if the clock is known to have been right.
    package init(before date: Date) { self.init(row: 0, believedRow: .max, before: date) }
}

/// Facts from the order of the ledger's rows.
package struct LedgerOrder: Sendable, Equatable {
    /// The newest inspection.
    package let row: Int64
    package let id: String
    /// Seconds since 1970.
    package let createdAt: Double
    /// The id of the requested row; nil when it no longer exists.
    package let markedID: String?
    /// Whether an inspection is a day and more older than the one recorded before it, or years newer.
    package let isOutOfOrder: Bool

    package init(row: Int64, id: String, createdAt: Double, markedID: String? = nil, isOutOfOrder: Bool = false) {
        (self.row, self.id, self.createdAt) = (row, id, createdAt)
        (self.markedID, self.isOutOfOrder) = (markedID, isOutOfOrder)
    }
}

extension Ledger {
    /// Facts from the order of the rows; nil when there are none.
    ///
    /// - Parameters:
    ///   - marked: a row to identify.
    ///   - checksAll: whether all rows are compared with the one before; else `isOutOfOrder` is false.
    /// - Throws: `LedgerError`.
    package func order(marked: Int64? = nil, checksAll: Bool = false) throws -> LedgerOrder? {
        try read { database in
            let newest = try Row.fetchOne(
                database, sql: "SELECT rowid, id, created_at FROM inspection ORDER BY rowid DESC LIMIT 1")
            guard let newest else { return nil }
            let markedID = try marked.flatMap {
                try String.fetchOne(database, sql: "SELECT id FROM inspection WHERE rowid = ?", arguments: [$0])
            }
            // 60 days: a plant may stand still over the summer, a clock that is wrong is off by years.
            let isOutOfOrder =
                try checksAll
                && Bool.fetchOne(
                    database,
                    sql: """
                        SELECT EXISTS (SELECT 1 FROM (
                            SELECT created_at - LAG(created_at) OVER (ORDER BY rowid) AS step FROM inspection)
                            WHERE step < -86400 OR step > 5184000)
                        """) == true
            return LedgerOrder(
                row: newest[0], id: newest[1], createdAt: newest[2], markedID: markedID, isOutOfOrder: isOutOfOrder)
        }
    }

    /// Inspections that `forget` would remove.
    /// - Throws: `LedgerError`.
    package func count(_ limit: ForgettingLimit, sparing lines: Set<String>) throws -> Int {
        let (condition, arguments) = Self.old(limit, lines)
        return try read {
            try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM inspection WHERE \(condition)", arguments: arguments) ?? 0
        }
    }

    /// Removes inspections in the order of recording, but never the newest: while it exists, later rows get higher
    /// numbers.
    ///
    /// - Parameters:
    ///   - lines: the lines whose inspections are kept.
    ///   - most: the largest number per commit, because threads that record frames wait for it.
    /// - Returns: the number removed; fewer than `most` when no more are left.
    /// - Throws: `LedgerError`.
    package func forget(_ limit: ForgettingLimit, sparing lines: Set<String>, most: Int = 1000) throws -> Int {
        let (condition, arguments) = Self.old(limit, lines)
        return try write { database in
            try database.execute(
                sql: """
                    DELETE FROM inspection WHERE rowid IN (
                        SELECT rowid FROM inspection WHERE \(condition) ORDER BY rowid LIMIT \(most))
                    """, arguments: arguments)
            return database.changesCount
        }
    }

    private static func old(_ limit: ForgettingLimit, _ lines: Set<String>) -> (String, StatementArguments) {
        let spared = lines.map { _ in "?" }.joined(separator: ", ")
        return (
            "(rowid <= ? OR rowid <= ? AND created_at < ?) AND rowid < (SELECT MAX(rowid) FROM inspection) "
                + "AND (SELECT sequence FROM recording WHERE recording.id = inspection.id) < ? "
                + "AND line NOT IN (\(spared))",
            StatementArguments(
                [limit.row, limit.believedRow, limit.before.timeIntervalSince1970 as any DatabaseValueConvertible]
                    + [limit.heldSequence ?? .max] + lines.sorted())
        )
    }
}
