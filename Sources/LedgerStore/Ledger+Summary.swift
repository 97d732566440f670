import Foundation
import GRDB
import InspectionDomain

/// The 50th, 95th and 99th percentile of some times, milliseconds.
package struct Percentiles: Sendable, Codable, Equatable {
    package let p50, p95, p99: Double

    /// Nil for no times at all.
    package init?(of times: [Double]) {
        guard !times.isEmpty else { return nil }
        let sorted = times.sorted()
        func at(_ p: Double) -> Double { sorted[min(sorted.count - 1, Int(Double(sorted.count) * p))] }
        (p50, p95, p99) = (at(0.5), at(0.95), at(0.99))
    }
}

/// Counts of a line over a period, and the times of its latest frames.
package struct LineSummary: Sendable, Equatable {
    /// The number of latest frames that the times cover.
    package static let timed = 1000

    package var line: String
    /// Errors that were superseded by a later record of the same frame do not count.
    package var normal, anomalous, error: Int
    package var last: Date?
    /// Frames of the last ten minutes, per minute.
    package var perMinute: Double
    /// The name of the total time of all stages, from decoding to published results.
    package static let total = "total"

    /// Times by stage, as `timing_ms` in result.json names them, and `total`.
    package var stages: [String: Percentiles]
    /// The latest error of the period.
    package var lastError: (date: Date, message: String)?

    package static func == (a: LineSummary, b: LineSummary) -> Bool {
        (a.line, a.normal, a.anomalous, a.error, a.last) == (b.line, b.normal, b.anomalous, b.error, b.last)
            && a.perMinute == b.perMinute && a.stages == b.stages && a.lastError?.date == b.lastError?.date
            && a.lastError?.message == b.lastError?.message
    }
}

extension Ledger {
    /// One summary per line that has inspections since a date. The database counts, so that a day of millions of
    /// frames costs no memory.
    /// - Throws: `LedgerError`.
    package func summaries(since: Date, now: Date = Date()) throws -> [LineSummary] {
        try read { database in
            // Left to itself, SQLite prefers the order of lines, and reads every record.
            let counts = try Row.fetchAll(
                database,
                sql: """
                    SELECT line, SUM(verdict = 'normal') AS normal, SUM(verdict = 'anomalous') AS anomalous,
                        SUM(verdict = 'error') AS error, SUM(created_at >= ?) AS recent, MAX(created_at) AS last
                    FROM inspection INDEXED BY inspection_by_time WHERE created_at >= ? GROUP BY line ORDER BY line
                    """, arguments: [now.timeIntervalSince1970 - 600, since.timeIntervalSince1970])
            let superseded = try Self.superseded(database, since)
            return try counts.map { row in
                let line: String = try row.decode(forColumn: "line")
                return LineSummary(
                    line: line, normal: try row.decode(forColumn: "normal"),
                    anomalous: try row.decode(forColumn: "anomalous"),
                    error: try row.decode(Int.self, forColumn: "error") - (superseded[line] ?? 0),
                    last: try row.date("last"), perMinute: Double(try row.decode(Int.self, forColumn: "recent")) / 10,
                    stages: try Self.stages(database, line, since), lastError: try Self.lastError(database, line, since)
                )
            }
        }
    }

    /// The number of a line's errors that a later record has superseded.
    private static func superseded(_ database: Database, _ since: Date) throws -> [String: Int] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT line, COUNT(*) AS count FROM inspection
                WHERE verdict = 'error' AND verdict <> 'normal' AND created_at >= ?
                    AND record ->> '$.superseded_by' IS NOT NULL GROUP BY line
                """, arguments: [since.timeIntervalSince1970])
        return try rows.reduce(into: [:]) {
            $0[try $1.decode(String.self, forColumn: "line")] = try $1.decode(forColumn: "count")
        }
    }

    private static func stages(_ database: Database, _ line: String, _ since: Date) throws -> [String: Percentiles] {
        let names = StageTimings.Stage.allCases.map(\.rawValue)
        let columns = names.map { "record ->> '$.timing_ms.\($0)' AS \($0)" }.joined(separator: ", ")
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT milliseconds AS total, \(columns) FROM inspection
                WHERE line = ? AND created_at >= ? AND verdict <> 'error' ORDER BY created_at DESC LIMIT ?
                """, arguments: [line, since.timeIntervalSince1970, LineSummary.timed])
        var stages: [String: Percentiles] = [:]
        for name in names + [LineSummary.total] {
            stages[name] = Percentiles(of: try rows.compactMap { try $0.decode(Double?.self, forColumn: name) })
        }
        return stages
    }

    private static func lastError(
        _ database: Database, _ line: String, _ since: Date
    ) throws -> (date: Date, message: String)? {
        try Row.fetchOne(
            database,
            sql: """
                SELECT created_at, error_message FROM inspection
                WHERE line = ? AND created_at >= ? AND verdict = 'error' AND verdict <> 'normal'
                    AND record ->> '$.superseded_by' IS NULL ORDER BY created_at DESC LIMIT 1
                """, arguments: [line, since.timeIntervalSince1970]
        ).map { (try $0.date("created_at"), try $0.decode(String?.self, forColumn: "error_message") ?? "") }
    }
}
