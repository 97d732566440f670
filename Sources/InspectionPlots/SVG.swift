import Foundation
import Imaging

/// A drawing as an SVG document: shapes and text, no scripts, nothing from elsewhere. The same calls give the same
/// bytes.
package struct SVG: Sendable {
    private let width, height: Int
    private let title: String
    private var elements: [String] = []

    /// - Parameter title: what a reader hears who does not see the drawing.
    init(width: Int, height: Int, title: String) {
        (self.width, self.height, self.title) = (width, height, title)
        rectangle(x: 0, y: 0, width: Double(width), height: Double(height), .white)
    }

    package var text: String {
        let head = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)" \
            role="img" font-family="sans-serif">
            """
        return ([head, "<title>\(Self.escaped(title))</title>"] + elements + ["</svg>", ""]).joined(separator: "\n")
    }

    package var data: Data { Data(text.utf8) }

    /// A line through points; it is interrupted where a point is not finite.
    mutating func path(_ points: [Point], width: Double, _ colour: Colour) {
        let stretches = points.split { !$0.x.isFinite || !$0.y.isFinite }.map { stretch in
            let places = stretch.map { "\(Self.number($0.x)) \(Self.number($0.y))" }
            // The step of no length shows a stretch of one point as a dot.
            return "M" + (places.count == 1 ? places[0] + "h0" : places.joined(separator: "L"))
        }
        guard !stretches.isEmpty else { return }
        elements.append(
            "<path d=\"\(stretches.joined())\"\(Self.paint("stroke", colour)) stroke-width=\"\(Self.number(width))\""
                + " fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>")
    }

    /// Rectangles of one colour as one path, which does not grow darker where they touch.
    mutating func rectangles(_ corners: [(Point, Point)], _ colour: Colour) {
        let steps = corners.map { a, b in
            "M\(Self.number(a.x)) \(Self.number(a.y))H\(Self.number(b.x))V\(Self.number(b.y))H\(Self.number(a.x))Z"
        }
        elements.append("<path d=\"\(steps.joined())\"\(Self.paint("fill", colour))/>")
    }

    mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, _ colour: Colour, outline: Colour? = nil
    ) {
        let places = zip(["x", "y", "width", "height"], [x, y, width, height]).map { " \($0)=\"\(Self.number($1))\"" }
        elements.append(
            "<rect\(places.joined())\(Self.paint("fill", colour))\(outline.map { Self.paint("stroke", $0) } ?? "")/>")
    }

    mutating func circle(_ centre: Point, radius: Double, _ colour: Colour) {
        elements.append(
            "<circle cx=\"\(Self.number(centre.x))\" cy=\"\(Self.number(centre.y))\" r=\"\(Self.number(radius))\""
                + "\(Self.paint("fill", colour))/>")
    }

    /// Which part of a text stands at its point.
    enum Anchor: String { case start, middle, end }

    /// - Parameters:
    ///   - point: on the base line.
    ///   - angle: degrees, clockwise about the point.
    mutating func text(
        _ text: String, at point: Point, size: Double, _ colour: Colour, anchor: Anchor = .start, isBold: Bool = false,
        angle: Double = 0
    ) {
        let x = Self.number(point.x), y = Self.number(point.y)
        elements.append(
            "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(Self.number(size))\"\(Self.paint("fill", colour))"
                + (anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\"")
                + (isBold ? " font-weight=\"bold\"" : "")
                + (angle == 0 ? "" : " transform=\"rotate(\(Self.number(angle)) \(x) \(y))\"")
                + ">\(Self.escaped(text))</text>")
    }

    /// About what a line of text takes in a wide sans-serif: the viewer chooses the font.
    static func textWidth(_ text: String, size: Double) -> Double { Double(text.count) * size * 0.6 }

    /// At most two decimals, and no more than needed.
    static func number(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        if rounded == rounded.rounded(), abs(rounded) < 1e15 { return String(Int(rounded)) }
        var text = String(format: "%.2f", rounded)
        while text.hasSuffix("0") { text.removeLast() }
        return text
    }

    private static func paint(_ attribute: String, _ colour: Colour) -> String {
        let hex = String(format: "#%02x%02x%02x", colour.red, colour.green, colour.blue)
        let opacity = colour.opacity == 1 ? "" : " \(attribute)-opacity=\"\(number(colour.opacity))\""
        return " \(attribute)=\"\(hex)\"\(opacity)"
    }

    /// Text as XML takes it: markup as entities, what XML forbids as U+FFFD.
    static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\t", " "..."\u{7e}", "\u{a0}"..."\u{d7ff}", "\u{e000}"..."\u{fffd}", "\u{10000}"..."\u{10ffff}":
                escaped.unicodeScalars.append(scalar)
            default: escaped += "\u{fffd}"
            }
        }
    }
}
