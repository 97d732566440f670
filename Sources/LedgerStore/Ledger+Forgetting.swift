import Foundation
import GRDB
import InspectionDomain

extension Ledger {
    /// Inspections that `forget` would remove.
    /// - Throws: `LedgerError`.
    public func count(before date: Date, sparing lines: Set<String>) throws -> Int {
        let (condition, arguments) = Self.old(date, lines)
        return try read {
            try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM inspection WHERE \(condition)", arguments: arguments) ?? 0
        }
    }

    /// Removes the inspections made before a date, oldest first.
    ///
    /// - Parameters:
    ///   - lines: of which none is removed.
    ///   - most: a commit's share: whoever records a frame waits no longer than that takes.
    /// - Returns: how many went; fewer than `most` when no more are left.
    /// - Throws: `LedgerError`.
    public func forget(before date: Date, sparing lines: Set<String>, most: Int = 1000) throws -> Int {
        let (condition, arguments) = Self.old(date, lines)
        return try write { database in
            try database.execute(
                sql: """
                    DELETE FROM inspection WHERE rowid IN (
                        SELECT rowid FROM inspection WHERE \(condition) ORDER BY created_at LIMIT \(most))
                    """, arguments: arguments)
            return database.changesCount
        }
    }

    private static func old(_ date: Date, _ lines: Set<String>) -> (String, StatementArguments) {
        let spared = lines.map { _ in "?" }.joined(separator: ", ")
        return (
            "created_at < ? AND line NOT IN (\(spared))",
            StatementArguments([date.timeIntervalSince1970 as any DatabaseValueConvertible] + lines.sorted())
        )
    }
}
