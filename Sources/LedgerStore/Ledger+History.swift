import Foundation
import GRDB
import InspectionDomain

/// A filter of past inspections; nil means any.
package struct HistoryFilter: Sendable {
    package var line: String?
    package var verdict: Verdict?
    package var since, until: Date?
    package var minimumScore: Double?
    package var limit: Int

    package init(
        line: String? = nil, verdict: Verdict? = nil, since: Date? = nil, until: Date? = nil,
        minimumScore: Double? = nil,
        limit: Int = 100
    ) {
        (self.line, self.verdict, self.since, self.until) = (line, verdict, since, until)
        (self.minimumScore, self.limit) = (minimumScore, limit)
    }
}

/// A recorded inspection and where its files are.
package struct HistoryEntry: Sendable {
    package let inspection: Inspection
    package let resultPath: String
}

extension Ledger {
    /// Past inspections, newest first.
    /// - Throws: `LedgerError`.
    package func history(_ filter: HistoryFilter = HistoryFilter()) throws -> [HistoryEntry] {
        var conditions: [String] = [], arguments: [(any DatabaseValueConvertible)?] = []
        if let line = filter.line { (conditions, arguments) = (conditions + ["line = ?"], arguments + [line]) }
        if let verdict = filter.verdict {
            (conditions, arguments) = (conditions + ["verdict = ?"], arguments + [verdict.rawValue])
            // Said in words, so that SQLite may use the index of those alone.
            if verdict != .normal { conditions.append("verdict <> 'normal'") }
        }
        if let since = filter.since {
            (conditions, arguments) = (conditions + ["created_at >= ?"], arguments + [since.timeIntervalSince1970])
        }
        if let until = filter.until {
            (conditions, arguments) = (conditions + ["created_at < ?"], arguments + [until.timeIntervalSince1970])
        }
        if let score = filter.minimumScore {
            (conditions, arguments) = (conditions + ["image_score >= ?"], arguments + [score])
        }
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        arguments.append(filter.limit)
        return try read {
            try Row.fetchAll(
                $0,
                sql:
                    "SELECT record, result_path FROM inspection \(condition) ORDER BY created_at DESC, id DESC LIMIT ?",
                arguments: StatementArguments(arguments)
            ).map(Self.entry)
        }
    }

    /// The record of one frame; nil when there is none.
    /// - Throws: `LedgerError`.
    package func entry(_ id: String) throws -> HistoryEntry? {
        try read {
            try Row.fetchOne($0, sql: "SELECT record, result_path FROM inspection WHERE id = ?", arguments: [id])
                .map(Self.entry)
        }
    }

    static func entry(_ row: Row) throws -> HistoryEntry {
        let record: String = try row.decode(forColumn: "record")
        return HistoryEntry(
            inspection: try DomainJSON.decoder().decode(Inspection.self, from: Data(record.utf8)),
            resultPath: try row.decode(forColumn: "result_path"))
    }

    /// Whether anything was ever inspected on a line.
    /// - Throws: `LedgerError`.
    package func hasInspections(line: String) throws -> Bool {
        try read {
            try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM inspection WHERE line = ?)", arguments: [line])
                ?? false
        }
    }

    /// Image scores of a line's latest scored frames, newest first.
    /// - Throws: `LedgerError`.
    package func scores(line: String, last count: Int) throws -> [Double] {
        try read {
            try Double.fetchAll(
                $0,
                sql: """
                    SELECT image_score FROM inspection WHERE line = ? AND image_score IS NOT NULL
                    ORDER BY created_at DESC, id DESC LIMIT ?
                    """, arguments: [line, count])
        }
    }

    /// Alerts not yet delivered.
    /// - Throws: `LedgerError`.
    package func pendingAlertCount() throws -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM outbox") ?? 0 }
    }

    /// All recorded inspections.
    /// - Throws: `LedgerError`.
    package func count() throws -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM inspection") ?? 0 }
    }
}
