import Foundation
import GRDB
import InspectionDomain

/// A calibration whose promise no longer holds.
package struct CalibrationExpiry: Sendable, Equatable {
    package let line: String
    /// The calibration's id.
    package let calibration: String
    /// The estimate of the change.
    package let since: Date
    package let noticedAt: Date
    /// The change of scores: `risen`, `fallen` or `spread`.
    package let direction: String

    package init(line: String, calibration: String, since: Date, noticedAt: Date, direction: String) {
        (self.line, self.calibration, self.since) = (line, calibration, since)
        (self.noticedAt, self.direction) = (noticedAt, direction)
    }
}

extension Ledger {
    /// Records an expiry with its alert, in one transaction.
    /// - Returns: false when it was recorded before; nothing is changed then.
    /// - Throws: `LedgerError`.
    package func record(_ expiry: CalibrationExpiry, alert: Alert) throws -> Bool {
        let text = String(decoding: try DomainJSON.encoder(pretty: false).encode(alert), as: UTF8.self)
        return try write { database in
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO expired_calibration (line, calibration, since, noticed_at, direction)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    expiry.line, expiry.calibration, expiry.since.timeIntervalSince1970,
                    expiry.noticedAt.timeIntervalSince1970, expiry.direction,
                ])
            guard database.changesCount == 1 else { return false }
            try Self.enqueue(database, alert, text)
            return true
        }
    }

    /// The expiry of a line's calibration; nil while its promise holds.
    /// - Throws: `LedgerError`.
    package func expiry(line: String, calibration: String) throws -> CalibrationExpiry? {
        try read {
            try Row.fetchOne(
                $0,
                sql: "SELECT * FROM expired_calibration WHERE line = ? AND calibration = ?",
                arguments: [line, calibration]
            ).map(Self.expiry)
        }
    }

    static func expiry(_ row: Row) throws -> CalibrationExpiry {
        CalibrationExpiry(
            line: try row.decode(forColumn: "line"), calibration: try row.decode(forColumn: "calibration"),
            since: try row.date("since"), noticedAt: try row.date("noticed_at"),
            direction: try row.decode(forColumn: "direction"))
    }

    /// Scores of a line's latest frames that were called normal under a calibration, oldest first.
    /// - Parameter since: the calibration's time, which bounds the search.
    /// - Throws: `LedgerError`.
    package func normalScores(
        line: String, calibration: String, since: Date, last count: Int
    ) throws -> [(score: Double, date: Date)] {
        try read {
            try Row.fetchAll(
                $0,
                sql: """
                    SELECT image_score, created_at FROM inspection
                    WHERE line = ? AND created_at >= ? AND verdict = 'normal' AND calibration = ?
                    ORDER BY created_at DESC, id DESC LIMIT ?
                    """, arguments: [line, since.timeIntervalSince1970, calibration, count]
            ).reversed().map { row in
                (score: try row.decode(forColumn: "image_score"), date: try row.date("created_at"))
            }
        }
    }
}
