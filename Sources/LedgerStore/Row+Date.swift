import Foundation
import GRDB

extension Row {
    /// A column of seconds since 1970.
    ///
    /// Columns are read with `decode`, never by subscript: a damaged database file can hold any value in any column,
    /// whatever the table's declaration says, and the subscript would crash the process.
    /// - Throws: `RowDecodingError` for a value that is not a number, `DecodingError` for one outside the years 1 to
    ///   9999, which no calendar can print.
    func date(_ column: String) throws -> Date {
        let seconds: Double = try decode(forColumn: column)
        let years1To9999 = -62_135_596_800.0..<253_402_300_800.0
        guard years1To9999.contains(seconds) else {
            let reason = "\(column) is \(seconds) s, a time outside the years 1 to 9999"
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: reason))
        }
        return Date(timeIntervalSince1970: seconds)
    }
}
