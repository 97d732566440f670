/// Text from outside (names of files, values in files, metadata) as it may be shown on a terminal, in a log or in a
/// table.
///
/// A name can hold anything but a slash and a zero: a line feed would forge a line of the log, an escape sequence would
/// steer the operator's terminal, a bidirectional override would show another name than the file has.
package enum PrintableText {
    /// The text with everything that steers instead of being shown written as `\x1b` or `\u{202e}`: control characters
    /// (C0, DEL, C1), line and paragraph separators, bidirectional marks, embeddings, overrides and isolates, byte
    /// order marks.
    ///
    /// - Parameter keepsLines: leaves line feeds as they are, for a text of several lines that the program composed
    ///   itself.
    package static func escaped(_ text: some StringProtocol, keepsLines: Bool = false) -> String {
        // The usual text has nothing to escape: one pass over its bytes finds that out.
        guard text.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7f }) else { return String(text) }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isShown(scalar) || keepsLines && scalar == "\n" {
                result.append(scalar)
            } else {
                result.append(contentsOf: escape(scalar).unicodeScalars)
            }
        }
        return String(result)
    }

    /// Whether a scalar shows itself and does nothing else.
    package static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1f, 0x7f...0x9f: false
        case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: false
        case 0x2028, 0x2029, 0xfeff: false
        default: true
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        // `\x` is a byte, as in names that are no UTF-8.
        return scalar.value < 0x80 ? "\\x" + (digits.count < 2 ? "0" : "") + digits : "\\u{\(digits)}"
    }
}

extension StringProtocol {
    /// On one line, and without anything that steers a terminal: `PrintableText.escaped`.
    package var printable: String { PrintableText.escaped(self) }
}
