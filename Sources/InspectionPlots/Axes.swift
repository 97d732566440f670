import Foundation
import Imaging

/// A chart's frame: title, axes with round tick values, a light grid, and the mapping from data to pixels.
struct Axes {
    static let ink = Colour.grey(40)
    static let faint = Colour.grey(225)

    private let left = 74.0, right: Double, top = 46.0, bottom = 58.0
    let width, height: Int
    let x, y: ClosedRange<Double>

    /// - Parameter right: pixels beside the plot; nil for a narrow margin.
    init(width: Int, height: Int, x: ClosedRange<Double>, y: ClosedRange<Double>, right: Double? = nil) {
        (self.width, self.height, self.right) = (width, height, right ?? 24)
        self.x = x.lowerBound < x.upperBound ? x : x.lowerBound...(x.lowerBound + 1)
        self.y = y.lowerBound < y.upperBound ? y : y.lowerBound...(y.lowerBound + 1)
    }

    func point(_ px: Double, _ py: Double) -> Point {
        let u = (px - x.lowerBound) / (x.upperBound - x.lowerBound),
            v = (py - y.lowerBound) / (y.upperBound - y.lowerBound)
        return Point(
            left + u * (Double(width) - left - right), Double(height) - bottom - v * (Double(height) - top - bottom))
    }

    /// The share of the plot's height that a legend at the top takes with its margin: data that stays below is not hidden.
    static func legendShare(entries: Int, height: Int) -> Double {
        let axes = Axes(width: 1, height: height, x: 0...1, y: 0...1)
        return min(0.6, (Double(entries) * legendRow + 30) / (Double(height) - axes.top - axes.bottom))
    }

    private static let legendRow = 20.0, legendText = 14.0

    /// Pixels across a legend's box.
    static func legendWidth(_ names: [String]) -> Double {
        (names.map { Canvas.textWidth($0, size: legendText) }.max() ?? 0) + 46
    }

    /// Ticks at 1, 2 or 5 times a power of ten, about `count` of them.
    static func ticks(_ range: ClosedRange<Double>, count: Int) -> [Double] {
        let span = range.upperBound - range.lowerBound
        let raw = span / Double(count), magnitude = pow(10, floor(log10(raw)))
        let step = [1, 2, 5, 10].map { $0 * magnitude }.first { $0 >= raw * 0.999 } ?? magnitude * 10
        var ticks: [Double] = [], tick = (range.lowerBound / step).rounded(.up) * step
        while tick <= range.upperBound + step * 1e-6 {
            ticks.append(abs(tick) < step * 1e-6 ? 0 : tick)
            tick += step
        }
        return ticks
    }

    static func label(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e6 { return String(Int(value)) }
        return String(format: "%.4g", value)
    }

    /// A white canvas with everything but the data.
    func canvas(title: String, xLabel: String, yLabel: String) -> Canvas {
        var canvas = Canvas(width: width, height: height, colour: .white)
        for tick in Self.ticks(x, count: 6) {
            let foot = point(tick, y.lowerBound), head = point(tick, y.upperBound)
            canvas.line(from: foot, to: head, width: 1, Self.faint)
            canvas.text(Self.label(tick), at: Point(foot.x, foot.y + 7), size: 14, Self.ink, alignment: .centre)
        }
        for tick in Self.ticks(y, count: 6) {
            let start = point(x.lowerBound, tick), end = point(x.upperBound, tick)
            canvas.line(from: start, to: end, width: 1, Self.faint)
            canvas.text(Self.label(tick), at: Point(start.x - 8, start.y - 7), size: 14, Self.ink, alignment: .right)
        }
        let low = point(x.lowerBound, y.lowerBound), high = point(x.upperBound, y.upperBound)
        canvas.polyline([low, Point(high.x, low.y), high, Point(low.x, high.y)], closed: true, width: 1, Self.ink)
        canvas.text(title, at: Point(left, 14), size: 18, Self.ink, weight: StrokeFont.bold)
        canvas.text(
            xLabel, at: Point((low.x + high.x) / 2, Double(height) - 24), size: 15, Self.ink, alignment: .centre)
        canvas.text(
            yLabel, at: Point(12, (low.y + high.y) / 2), size: 15, Self.ink, alignment: .centre, angle: -90)
        return canvas
    }

    /// Where a legend's box stands.
    enum LegendPlace { case upperRight, lowerRight, beside }

    /// A box of coloured names.
    func legend(_ entries: [(name: String, colour: Colour)], at place: LegendPlace, on canvas: inout Canvas) {
        let size = Self.legendText, row = Self.legendRow
        let top = point(x.upperBound, y.upperBound), bottom = point(x.upperBound, y.lowerBound)
        let boxWidth = Self.legendWidth(entries.map(\.name)), boxHeight = Double(entries.count) * row + 10
        let boxX = place == .beside ? top.x + 10 : top.x - boxWidth - 10
        let boxY =
            switch place {
            case .upperRight: top.y + 10
            case .lowerRight: bottom.y - boxHeight - 10
            case .beside: top.y
            }
        canvas.fillRectangle(x: boxX, y: boxY, width: boxWidth, height: boxHeight, Colour.white.with(opacity: 0.88))
        canvas.polyline(
            [
                Point(boxX, boxY), Point(boxX + boxWidth, boxY), Point(boxX + boxWidth, boxY + boxHeight),
                Point(boxX, boxY + boxHeight),
            ], closed: true, width: 1, .grey(190))
        for (index, entry) in entries.enumerated() {
            let y = boxY + 7 + Double(index) * row
            canvas.fillRectangle(x: boxX + 9, y: y + 3, width: 18, height: 8, entry.colour)
            canvas.text(entry.name, at: Point(boxX + 35, y), size: size, Self.ink)
        }
    }
}
