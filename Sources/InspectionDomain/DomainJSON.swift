import Foundation

/// The one JSON dialect of every file the project writes: sorted keys, readable, UTC dates with milliseconds.
package enum DomainJSON {
    package static func encoder(pretty: Bool = true) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            pretty ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(string(from: date))
        }
        return encoder
    }

    package static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = date(from: text) else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "expected a date as 2026-01-31T08:15:30.123Z, got '\(text)'")
            }
            return date
        }
        return decoder
    }

    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// `2026-01-31T08:15:30.123Z`, rounded to the millisecond (the style alone truncates, and .123 would become .122).
    package static func string(from date: Date) -> String {
        let milliseconds = date.millisecondsSince1970
        return Date(timeIntervalSince1970: (milliseconds + 0.5) / 1000).formatted(style)
    }

    package static func date(from text: String) -> Date? {
        guard let parsed = (try? style.parse(text)) ?? (try? Date.ISO8601FormatStyle().parse(text)) else { return nil }
        return parsed.toTheMillisecond
    }
}
