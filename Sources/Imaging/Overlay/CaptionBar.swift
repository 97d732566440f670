extension Overlay {
    /// What the bar below an overlay says: the verdict in its colour, and details beside it.
    public struct Caption: Sendable, Equatable {
        public var verdict: String
        public var colour: Colour
        /// Such as "score 41.7", "threshold 33.2".
        public var details: [String]

        public init(verdict: String, colour: Colour, details: [String]) {
            self.verdict = verdict
            self.colour = colour
            self.details = details
        }
    }
}

/// Lays a caption out for a picture's width and draws it: as many lines as it takes, the heat scale at the right end if it fits.
struct CaptionBar {
    private struct Piece {
        let text: String
        let colour: Colour
        let weight: Double
        var size: Double
        var width: Double { Canvas.textWidth(text, size: size) }
    }

    static let background = Colour.grey(24)

    private let lines: [[Piece]]
    private let scale: HeatScale
    private let size: Double
    private let width: Double
    /// In pixels.
    let height: Int

    init(caption: Overlay.Caption, scale: HeatScale, width: Int) {
        let size = max(12, (Double(width) / 42).rounded())
        let room = Double(width) - size
        let pieces =
            [Piece(text: caption.verdict, colour: caption.colour, weight: StrokeFont.bold, size: size)]
            + caption.details.map { Piece(text: $0, colour: .white, weight: StrokeFont.regular, size: size) }
        var lines: [[Piece]] = []
        var free = 0.0
        for var piece in pieces where !piece.text.isEmpty {
            // A word longer than a small picture is wide is written smaller.
            if piece.width > room { piece.size *= max(room, 1) / piece.width }
            if lines.isEmpty || piece.width > free {
                lines.append([])
                free = room
            }
            lines[lines.count - 1].append(piece)
            free -= piece.width + size
        }
        self.lines = lines
        self.scale = scale
        self.size = size
        self.width = Double(width)
        height = Int((Double(lines.count) * size * 1.3 + size * 0.5).rounded(.up))
    }

    /// Writes on the rows from `top` on, which have the background's colour already.
    func draw(on canvas: inout Canvas, top: Int) {
        var used = 0.0
        for (index, line) in lines.enumerated() {
            var x = size / 2
            let y = Double(top) + size * (0.4 + 1.3 * Double(index))
            for piece in line {
                canvas.text(
                    piece.text, at: Point(x, y + (size - piece.size) / 2), size: piece.size, piece.colour,
                    weight: piece.weight)
                x += piece.width + size
            }
            used = x
        }
        drawScale(on: &canvas, from: used, y: Double(top) + size * (0.4 + 1.3 * Double(lines.count - 1)))
    }

    /// The colours from 0 to twice the threshold, which is ticked.
    private func drawScale(on canvas: inout Canvas, from left: Double, y: Double) {
        let label = Self.number(scale.maximum), labelWidth = Canvas.textWidth(label, size: size)
        let zeroWidth = Canvas.textWidth("0", size: size), strip = (5 * size).rounded()
        let start = (width - size - labelWidth - strip).rounded()
        guard start - zeroWidth > left, scale.maximum > 0, scale.maximum.isFinite else { return }
        canvas.text("0", at: Point(start - size / 4, y), size: size, .grey(190), alignment: .right)
        canvas.text(label, at: Point(start + strip + size / 4, y), size: size, .grey(190))
        let top = (y + size * 0.1).rounded(), height = (size * 0.7).rounded()
        for step in 0..<Int(strip) {
            let colour = HeatScale.colour(at: (Double(step) + 0.5) / strip).with(opacity: 1)
            canvas.fillRectangle(x: start + Double(step), y: top, width: 1, height: height, colour)
        }
        let tick = max(1, (size / 12).rounded())
        canvas.fillRectangle(
            x: start + (strip - tick) / 2, y: top - tick, width: tick, height: height + 2 * tick, .white)
    }

    /// Three significant digits, without an exponent in the usual range.
    private static func number(_ value: Float) -> String {
        guard value >= 0.001, value < 1e6 else { return "\(value)" }
        var digits = 0
        var step: Float = 1
        while value * step < 100 && digits < 5 {
            step *= 10
            digits += 1
        }
        let rounded = (Double(value) * Double(step)).rounded() / Double(step)
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
}
