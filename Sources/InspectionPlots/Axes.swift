import Foundation
import Imaging

/// A chart's frame: title, axes with round tick values, a light grid, and the mapping from data to the drawing's units.
struct Axes {
    static let ink = Colour.grey(40)
    static let faint = Colour.grey(225)

    private let left = 74.0, right: Double, top = 46.0, bottom = 58.0
    let width, height: Int
    let x, y: ClosedRange<Double>

    /// - Parameter right: units beside the plot; nil for a narrow margin.
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

    /// The share of the plot's height that a legend at the top needs with its margin, so that it hides no data below.
    static func legendShare(entries: Int, height: Int) -> Double {
        let axes = Axes(width: 1, height: height, x: 0...1, y: 0...1)
        return min(0.6, (Double(entries) * legendRow + 30) / (Double(height) - axes.top - axes.bottom))
    }

    private static let legendRow = 20.0, legendText = 14.0

    /// What a legend's box takes from left to right.
    static func legendWidth(_ names: [String]) -> Double {
        (names.map { SVG.textWidth($0, size: legendText) }.max() ?? 0) + 44
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

    /// A drawing with everything but the data.
    func drawing(title: String, xLabel: String, yLabel: String) -> SVG {
        var drawing = SVG(width: width, height: height, title: title)
        for tick in Self.ticks(x, count: 6) {
            let foot = point(tick, y.lowerBound), head = point(tick, y.upperBound)
            drawing.path([foot, head], width: 1, Self.faint)
            drawing.text(Self.label(tick), at: Point(foot.x, foot.y + 19), size: 14, Self.ink, anchor: .middle)
        }
        for tick in Self.ticks(y, count: 6) {
            let start = point(x.lowerBound, tick), end = point(x.upperBound, tick)
            drawing.path([start, end], width: 1, Self.faint)
            drawing.text(Self.label(tick), at: Point(start.x - 8, start.y + 5), size: 14, Self.ink, anchor: .end)
        }
        let low = point(x.lowerBound, y.lowerBound), high = point(x.upperBound, y.upperBound)
        drawing.path([low, Point(high.x, low.y), high, Point(low.x, high.y), low], width: 1, Self.ink)
        drawing.text(title, at: Point(left, 29), size: 18, Self.ink, isBold: true)
        drawing.text(
            xLabel, at: Point((low.x + high.x) / 2, Double(height) - 12), size: 15, Self.ink, anchor: .middle)
        drawing.text(
            yLabel, at: Point(20, (low.y + high.y) / 2), size: 15, Self.ink, anchor: .middle, angle: -90)
        return drawing
    }

    /// The position of a legend's box.
    enum LegendPlace { case upperRight, lowerRight, beside }

    /// A box of coloured names.
    func legend(_ entries: [(name: String, colour: Colour)], at place: LegendPlace, on drawing: inout SVG) {
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
        drawing.rectangle(
            x: boxX, y: boxY, width: boxWidth, height: boxHeight, Colour.white.with(opacity: 0.88), outline: .grey(190))
        for (index, entry) in entries.enumerated() {
            let y = boxY + 7 + Double(index) * row
            drawing.rectangle(x: boxX + 9, y: y + 4, width: 18, height: 8, entry.colour)
            drawing.text(entry.name, at: Point(boxX + 35, y + 13), size: size, Self.ink)
        }
    }
}
