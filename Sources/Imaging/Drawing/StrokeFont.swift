import Foundation

/// The project's own typeface: each glyph is a few polylines and elliptic arcs, drawn with a round pen, so that it
/// needs no font file and reads at any size. `StrokeGlyphs` holds the drawings.
package enum StrokeFont {
    /// Stroke widths as shares of the size.
    package static let regular = 0.095
    package static let bold = 0.14

    /// The em of a text of `size` pixels has this many grid units; capitals are 7 of them high.
    private static let unitsPerSize = 10.0
    /// The distance from the top of the text's box to the capitals' top edge.
    private static let capTop = 0.8
    /// The gap between two glyphs.
    private static let gap = 1.75

    /// The strokes of a text whose box has its top left at (0, 0), in pixels.
    static func lines(of text: String, size: Double) -> [[Point]] {
        let unit = size / unitsPerSize
        var x = gap / 2
        var lines: [[Point]] = []
        for character in text {
            let glyph = glyph(character)
            for line in glyph.lines {
                lines.append(line.map { Point((x + $0.x) * unit, (capTop + $0.y) * unit) })
            }
            x += glyph.width + gap
        }
        return lines
    }

    static func width(of text: String, size: Double) -> Double {
        text.reduce(0) { $0 + glyph($1).width + gap } * size / unitsPerSize
    }

    private static func glyph(_ character: Character) -> StrokeGlyph {
        glyphs[character] ?? accented(character) ?? missing
    }

    static func hasGlyph(_ character: Character) -> Bool { glyphs[character] != nil || accented(character) != nil }

    /// A letter with one mark above or below it.
    private static func accented(_ character: Character) -> StrokeGlyph? {
        let parts = Array(String(character).decomposedStringWithCanonicalMapping.unicodeScalars)
        guard parts.count == 2, let letter = glyphs[Character(parts[0])], let mark = marks[parts[1]] else { return nil }
        // Marks are drawn around x = 0, above small letters; capitals (and letters as high) need them higher.
        let highest = letter.lines.joined().map(\.y).min() ?? 0
        let isBelow = parts[1] == "\u{327}", isDotted = parts[0] == "i" || parts[0] == "j"
        let rise = isBelow || highest > 1 || isDotted ? 0 : -1.9
        let body = isDotted ? Array(letter.lines.prefix(1)) : letter.lines
        return StrokeGlyph(
            width: letter.width,
            lines: body + mark.lines.map { $0.map { Point($0.x + letter.width / 2, $0.y + rise) } })
    }

    /// Every character that has a glyph of its own.
    package static var characters: [Character] { glyphs.keys.sorted() }

    private static let glyphs: [Character: StrokeGlyph] = StrokeGlyphs.drawings.mapValues { width, drawing in
        StrokeGlyph(width: width, drawing: drawing)
    }
    private static let marks: [UnicodeScalar: StrokeGlyph] = StrokeGlyphs.marks.mapValues {
        StrokeGlyph(width: 0, drawing: $0)
    }
    private static let missing = StrokeGlyph(width: 4, drawing: "0,0 4,0 4,7 0,7 0,0")
}

/// One glyph, flattened to polylines in grid units.
struct StrokeGlyph: Sendable {
    let width: Double
    let lines: [[Point]]

    init(width: Double, lines: [[Point]]) {
        self.width = width
        self.lines = lines
    }

    /// Reads a drawing: lines are separated by `;`, their elements by blanks. An element is a point `x,y` or an arc
    /// `@cx,cy,rx,ry,from,to` in degrees, clockwise from the right; elements are joined by straight strokes. A line of
    /// one point is a dot, a little heavier than the pen.
    init(width: Double, drawing: String) {
        self.width = width
        lines = drawing.split(separator: ";").map { line in
            let points = line.split(separator: " ").flatMap { Self.points(of: $0) }
            return points.count == 1 ? Self.arc(centre: points[0], radii: (0.2, 0.2), degrees: (0, 360)) : points
        }
    }

    private static func points(of element: Substring) -> [Point] {
        let isArc = element.hasPrefix("@")
        let numbers = element.dropFirst(isArc ? 1 : 0).split(separator: ",").compactMap { Double($0) }
        precondition(numbers.count == (isArc ? 6 : 2), "a glyph's element \(element)")
        guard isArc else { return [Point(numbers[0], numbers[1])] }
        return arc(
            centre: Point(numbers[0], numbers[1]), radii: (numbers[2], numbers[3]), degrees: (numbers[4], numbers[5]))
    }

    private static func arc(centre: Point, radii: (Double, Double), degrees: (Double, Double)) -> [Point] {
        let (from, to) = degrees
        let steps = max(2, Int((abs(to - from) / 10).rounded(.up)))
        return (0...steps).map { step in
            let angle = (from + (to - from) * Double(step) / Double(steps)) * .pi / 180
            return Point(centre.x + radii.0 * cos(angle), centre.y + radii.1 * sin(angle))
        }
    }
}
