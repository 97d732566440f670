extension StrokeFont {
    /// `text` in printable form: control characters, invisible ones and those without a glyph become `\u{…}`, so that
    /// different names appear different and none draws over another line.
    package static func printable(_ text: String) -> String {
        text.reduce(into: "") { printable, character in
            if hasGlyph(character) {
                printable.append(character)
            } else {
                for scalar in character.unicodeScalars {
                    let isDrawn = hasGlyph(Character(scalar))
                    printable += isDrawn ? String(scalar) : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
                }
            }
        }
    }
}
