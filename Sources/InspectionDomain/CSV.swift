/// Comma-separated values that every spreadsheet reads, and none runs.
package enum CSV {
    /// One cell as RFC 4180 has it. A text that a spreadsheet would take for a formula (it begins with = + - or @) gets
    /// an apostrophe before it; numbers stay numbers. Control characters are escaped.
    package static func cell(_ text: String) -> String {
        var cell = text.printable
        if let first = cell.utf8.first, formulas.contains(first), Double(cell) == nil { cell = "'" + cell }
        // By bytes: a carriage return and a line feed are one `Character`.
        guard cell.utf8.contains(where: { special.contains($0) }) else { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }

    private static let formulas = Array("=+-@".utf8)
    private static let special = Array(",\"\n\r".utf8)
}
