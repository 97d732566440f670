import Foundation

/// Times for people: the machine's local time, with the offset from UTC, so that it is unambiguous. Files, JSON and CSV
/// have UTC (`DomainJSON`).
package enum LocalTime {
    /// `2026-01-31 09:15:30 +0100`
    package static func text(_ date: Date, zone: TimeZone = .current) -> String {
        let offset = zone.secondsFromGMT(for: date)
        let shown = DomainJSON.string(from: date + Double(offset)).prefix(19).replacing("T", with: " ")
        let minutes = abs(offset) / 60
        return shown + (offset < 0 ? " -" : " +") + twoDigits(minutes / 60) + twoDigits(minutes % 60)
    }

    private static func twoDigits(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }
}
