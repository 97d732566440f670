extension Overlay {
    /// The text of the bar below an overlay: the verdict in its colour, and details beside it.
    package struct Caption: Sendable, Equatable {
        package var verdict: String
        package var colour: Colour
        /// Such as "score 1.26 × threshold", "line plate", a frame's name and time.
        package var details: [String]

        package init(verdict: String, colour: Colour, details: [String]) {
            self.verdict = verdict
            self.colour = colour
            self.details = details
        }
    }
}

/// Lays a caption out for an image's width and draws it: as many lines as it takes, and the heat scale at the right end
/// of the last one, or of one of its own.
struct CaptionBar {
    private struct Piece {
        let text: String
        let colour: Colour
        let weight: Double
        var size: Double
        var width: Double { Canvas.textWidth(text, size: size) }
    }

    static let background = Colour.grey(24)
    private static let scaleLabel = "2 × threshold"
    /// A text that is wider than the image is written smaller down to this share, then shortened in its middle.
    private static let leastSize = 0.6

    private let lines: [[Piece]]
    private let size: Double
    private let width: Double
    private let hasScale: Bool
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
        for piece in pieces where !piece.text.isEmpty {
            let piece = Self.fitted(piece, to: room)
            if lines.isEmpty || piece.width > free {
                lines.append([])
                free = room
            }
            lines[lines.count - 1].append(piece)
            free -= piece.width + size
        }
        let scaleWidth = Self.scaleWidth(size)
        hasScale = scaleWidth <= room && scale.maximum > 0 && scale.maximum.isFinite
        if hasScale && scaleWidth > free { lines.append([]) }
        self.lines = lines
        self.size = size
        self.width = Double(width)
        height = Int((Double(lines.count) * size * 1.3 + size * 0.5).rounded(.up))
    }

    private static func fitted(_ piece: Piece, to room: Double) -> Piece {
        var fitted = Piece(
            text: StrokeFont.printable(piece.text), colour: piece.colour, weight: piece.weight, size: piece.size)
        guard fitted.width > room else { return fitted }
        let shrunk = piece.size * max(room, 1) / fitted.width
        if shrunk >= piece.size * leastSize {
            fitted.size = shrunk
            return fitted
        }
        fitted.size = piece.size * leastSize
        // Both ends of a name distinguish frames: a prefix of the line, and a number before the extension.
        var kept = fitted.text.count - 1
        while fitted.width > room && kept > 2 {
            kept -= 1
            let text = StrokeFont.printable(piece.text)
            fitted = Piece(
                text: "\(text.prefix((kept + 1) / 2))…\(text.suffix(kept / 2))", colour: fitted.colour,
                weight: fitted.weight, size: fitted.size)
        }
        if fitted.width > room { fitted.size *= max(room, 1) / fitted.width }
        return fitted
    }

    /// Writes on the rows from `top` on, which have the background's colour already.
    func draw(on canvas: inout Canvas, top: Int) {
        for (index, line) in lines.enumerated() {
            var x = size / 2
            let y = Double(top) + size * (0.4 + 1.3 * Double(index))
            for piece in line {
                canvas.text(
                    piece.text, at: Point(x, y + (size - piece.size) / 2), size: piece.size, piece.colour,
                    weight: piece.weight)
                x += piece.width + size
            }
        }
        if hasScale { drawScale(on: &canvas, y: Double(top) + size * (0.4 + 1.3 * Double(lines.count - 1))) }
    }

    private static func strip(_ size: Double) -> Double { (5 * size).rounded() }

    /// With its labels and the gaps beside them.
    private static func scaleWidth(_ size: Double) -> Double {
        Canvas.textWidth("0", size: size) + size / 4 + strip(size) + size / 4 + Canvas.textWidth(scaleLabel, size: size)
    }

    /// The colours from 0 to twice the threshold, which is ticked: the unit of the printed score.
    private func drawScale(on canvas: inout Canvas, y: Double) {
        let strip = Self.strip(size)
        let start = (width - size / 2 - Canvas.textWidth(Self.scaleLabel, size: size) - size / 4 - strip).rounded()
        canvas.text("0", at: Point(start - size / 4, y), size: size, .grey(190), alignment: .right)
        canvas.text(Self.scaleLabel, at: Point(start + strip + size / 4, y), size: size, .grey(190))
        let top = (y + size * 0.1).rounded(), height = (size * 0.7).rounded()
        for step in 0..<Int(strip) {
            let share = (Double(step) + 0.5) / strip
            // As over an image: transparent heat is not drawn.
            guard HeatScale.opacity(at: share) > 0 else { continue }
            let colour = HeatScale.colour(at: share).with(opacity: 1)
            canvas.fillRectangle(x: start + Double(step), y: top, width: 1, height: height, colour)
        }
        canvas.rectangle(x: start, y: top, width: strip, height: height, lineWidth: 1, .grey(110))
        let tick = max(1, (size / 12).rounded())
        canvas.fillRectangle(
            x: start + (strip - tick) / 2, y: top - tick, width: tick, height: height + 2 * tick, .white)
    }
}
