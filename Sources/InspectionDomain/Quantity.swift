import Foundation

/// Durations, sizes and counts as text: `30d`, `12h`, `90s`, `5GiB`, `2 lines`.
package enum Quantity {
    package static let durationsAllowed = "a number and a unit: s, m, h, d or w, as in 90s, 12h, 30d"
    package static let sizesAllowed = "a number and a unit: B, KiB, MiB, GiB, TiB, kB, MB, GB or TB, as in 5GiB"

    private static let seconds: [String: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
    private static let bytes: [String: Double] = [
        "B": 1, "KiB": 0x1p10, "MiB": 0x1p20, "GiB": 0x1p30, "TiB": 0x1p40, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
    ]

    /// Nil unless the text is a non-negative number followed by a unit.
    package static func duration(_ text: String) -> Duration? {
        guard let value = value(text, units: seconds), value < 1e11 else { return nil }
        return .milliseconds(Int((value * 1000).rounded()))
    }

    /// Bytes; nil unless the text is a non-negative number followed by a unit.
    package static func size(_ text: String) -> Int? {
        guard let value = value(text, units: bytes), value < 0x1p62 else { return nil }
        return Int(value.rounded())
    }

    private static func value(_ text: String, units: [String: Double]) -> Double? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count).trimmingCharacters(in: .whitespaces)
        guard let number = Double(digits), number.isFinite, let factor = units[unit] else { return nil }
        return number * factor
    }

    /// `5GiB` from 5368709120: in the largest binary unit that keeps it short.
    package static func text(bytes count: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(count)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return (value == value.rounded() ? String(Int(value)) : String(format: "%.1f", value)) + units[unit]
    }

    /// `30d` from 2592000 seconds: in the largest unit that divides it.
    package static func text(_ duration: Duration) -> String {
        let total = duration.components.seconds
        for (unit, size) in [("d", 86_400), ("h", 3600), ("m", 60)] as [(String, Int64)]
        where total >= size && total % size == 0 {
            return "\(total / size)\(unit)"
        }
        return "\(total)s"
    }

    /// `1 line`, `2 lines`.
    package static func text(_ count: Int, of noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
