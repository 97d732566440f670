import Foundation

extension Canvas {
    /// The part of a text at its position.
    package enum TextAlignment: Sendable {
        case left
        case centre
        case right
    }

    /// A line of text in the project's own stroke font.
    ///
    /// `position` is the top of the text's box, at its left end, middle or right end. `size` is the height of that box
    /// in pixels: capitals take 0.7 of it; 10 is the least that reads well. `weight` is the stroke's width as a share
    /// of the size; `angle` turns the text about its position, in degrees clockwise (−90 reads upwards). Characters
    /// that the font lacks are drawn as boxes.
    package mutating func text(
        _ text: String, at position: Point, size: Double, _ colour: Colour, alignment: TextAlignment = .left,
        weight: Double = StrokeFont.regular, angle: Double = 0
    ) {
        let width = Self.textWidth(text, size: size)
        let shift =
            switch alignment {
            case .left: 0.0
            case .centre: -width / 2
            case .right: -width
            }
        let turn = (cos(angle * .pi / 180), sin(angle * .pi / 180))
        let lines = StrokeFont.lines(of: text, size: size).map { line in
            line.map { point in
                let x = point.x + shift
                return Point(
                    position.x + x * turn.0 - point.y * turn.1, position.y + x * turn.1 + point.y * turn.0)
            }
        }
        strokes(lines, width: max(1, size * weight), colour)
    }

    /// The width in pixels of a line of text.
    package static func textWidth(_ text: String, size: Double) -> Double {
        StrokeFont.width(of: text, size: size)
    }
}
