import Foundation

/// A part that a method adds to the report of a fit or an evaluation.
package protocol ReportSection: Codable, Sendable {
    /// Its key in the report's JSON.
    static var key: String { get }
}

/// The parts that methods added to a report: JSON by key, and text in the order of adding.
package struct ReportSections: Sendable, Equatable {
    private var values: [String: JSONValue] = [:]
    private var texts: [(key: String, text: String)] = []

    package init() {}

    /// - Parameter text: lines of the text report.
    /// - Throws: `EncodingError`.
    package mutating func add<Section: ReportSection>(_ section: Section, text: String) throws {
        values[Section.key] = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(section))
        texts.removeAll { $0.key == Section.key }
        texts.append((Section.key, text))
    }

    /// These sections, then others; the other's section replaces one with the same key.
    package func followed(by others: ReportSections) -> ReportSections {
        var both = self
        both.values.merge(others.values) { $1 }
        both.texts = texts.filter { others.values[$0.key] == nil } + others.texts
        return both
    }

    /// Nil if no method added it.
    /// - Throws: `DecodingError` for a section of another shape.
    package func section<Section: ReportSection>(_ type: Section.Type) throws -> Section? {
        try values[Section.key].map { try JSONDecoder().decode(type, from: JSONEncoder().encode($0)) }
    }

    /// Each section's lines of text; none after decoding.
    package var lines: [String] { texts.map(\.text) }

    package static func == (a: ReportSections, b: ReportSections) -> Bool { a.values == b.values }
}

extension ReportSections {
    private struct Key: CodingKey {
        let stringValue: String
        init(stringValue: String) { self.stringValue = stringValue }
        var intValue: Int? { nil }
        init?(intValue: Int) { nil }
    }

    /// Encodes every section beside the report's own keys.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for (key, value) in values { try container.encode(value, forKey: Key(stringValue: key)) }
    }

    /// - Parameter own: keys of the report itself.
    package init(from decoder: any Decoder, besides own: [String]) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for key in container.allKeys where !own.contains(key.stringValue) {
            values[key.stringValue] = try container.decode(JSONValue.self, forKey: key)
        }
    }
}
