import Foundation
import Imaging

/// Thumbnails with captions, in rows: the worst mistakes of an evaluation.
package struct ContactSheet: Sendable {
    package struct Entry: Sendable {
        package let frame: Frame
        /// Two short lines.
        package let caption, detail: String
        /// Of the border.
        package let colour: Colour

        package init(frame: Frame, caption: String, detail: String, colour: Colour) {
            (self.frame, self.caption, self.detail, self.colour) = (frame, caption, detail, colour)
        }
    }

    private static let ink = Colour.grey(40)
    private static let cell = (width: 240.0, height: 190.0, caption: 44.0, gap: 14.0)

    /// - Parameter columns: thumbnails in a row.
    package static func draw(_ entries: [Entry], title: String, columns: Int = 4) -> Frame {
        let rows = max(1, (entries.count + columns - 1) / columns), head = 50.0
        let width = Double(columns) * (cell.width + cell.gap) + cell.gap
        let height = head + Double(rows) * (cell.height + cell.caption + cell.gap)
        var canvas = Canvas(width: Int(width), height: Int(height), colour: .grey(248))
        canvas.text(title, at: Point(cell.gap, 16), size: 19, ink, weight: StrokeFont.bold)
        if entries.isEmpty { canvas.text("none", at: Point(cell.gap, head + 6), size: 16, ink) }
        for (index, entry) in entries.enumerated() {
            let x = cell.gap + Double(index % columns) * (cell.width + cell.gap)
            let y = head + Double(index / columns) * (cell.height + cell.caption + cell.gap)
            draw(entry, x, y, on: &canvas)
        }
        return canvas.frame
    }

    private static func draw(_ entry: Entry, _ x: Double, _ y: Double, on canvas: inout Canvas) {
        let scale = min(cell.width / Double(entry.frame.width), cell.height / Double(entry.frame.height))
        let width = max(1, Int(Double(entry.frame.width) * scale)),
            height = max(1, Int(Double(entry.frame.height) * scale))
        let left = x + (cell.width - Double(width)) / 2, top = y + (cell.height - Double(height)) / 2
        canvas.draw(entry.frame, x: Int(left), y: Int(top), width: width, height: height)
        let corners = [
            Point(left - 1, top - 1), Point(left + Double(width) + 1, top - 1),
            Point(left + Double(width) + 1, top + Double(height) + 1), Point(left - 1, top + Double(height) + 1),
        ]
        canvas.polyline(corners, closed: true, width: 2.5, entry.colour)
        canvas.text(fitted(entry.caption, 15), at: Point(x, y + cell.height + 6), size: 15, ink)
        canvas.text(fitted(entry.detail, 13), at: Point(x, y + cell.height + 25), size: 13, .grey(90))
    }

    /// The text, shortened in the middle if it is wider than a cell: the ends of file names distinguish them.
    private static func fitted(_ text: String, _ size: Double) -> String {
        guard Canvas.textWidth(text, size: size) > cell.width else { return text }
        var kept = text.count
        while kept > 2 {
            kept -= 1
            let cut = text.prefix((kept + 1) / 2) + "…" + text.suffix(kept / 2)
            if Canvas.textWidth(String(cut), size: size) <= cell.width { return String(cut) }
        }
        return text
    }
}
