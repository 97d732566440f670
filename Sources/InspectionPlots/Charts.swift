import Foundation
import Imaging

/// The charts of an evaluation or a fit report. Plain numbers in, a drawing out.
package enum Charts {
    static let normal = Colour(52, 120, 190)
    static let anomalous = Colour(214, 96, 30)
    static let limit = Colour(200, 20, 40)
    /// Colours of lines, in order.
    static let palette = [
        normal, anomalous, Colour(60, 150, 80), Colour(140, 90, 180), Colour(120, 120, 120), Colour(90, 200, 220),
        Colour(225, 190, 40), Colour(120, 60, 30), Colour(230, 130, 180), Colour(20, 40, 80),
    ]
    /// The number of lines whose names fit into the plot.
    private static let fewLines = 4

    /// The ROC curve with the calibrated operating point.
    ///
    /// - Parameters:
    ///   - curve: (false-positive rate, true-positive rate) from the origin to (1, 1).
    ///   - operating: the rates at the calibrated threshold.
    package static func roc(
        _ curve: [(x: Double, y: Double)], auroc: Double, operating: (x: Double, y: Double)?, title: String
    ) -> SVG {
        let axes = Axes(width: 640, height: 560, x: 0...1, y: 0...1)
        var drawing = axes.drawing(title: title, xLabel: "false-positive rate", yLabel: "true-positive rate")
        drawing.path([axes.point(0, 0), axes.point(1, 1)], width: 1.2, .grey(170))
        drawing.path(curve.map { axes.point($0.x, $0.y) }, width: 2.6, normal)
        var entries = [(String(format: "AUROC %.4f", auroc), normal), ("chance", Colour.grey(170))]
        if let operating {
            let point = axes.point(operating.x, operating.y)
            drawing.circle(point, radius: 6, limit)
            entries.append(
                (String(format: "threshold: %.1f %% found, %.1f %% false", operating.y * 100, operating.x * 100), limit)
            )
        }
        axes.legend(entries, at: .lowerRight, on: &drawing)
        return drawing
    }

    /// Normal and anomalous scores in common bins, with the threshold. Counts are drawn as square roots, so that a bin
    /// with one image is visible beside one with a hundred.
    package static func scoreHistogram(
        normal: [Double], anomalous: [Double], threshold: Double, title: String, scoreName: String = "image score"
    ) -> SVG {
        // The few farthest scores would squeeze all others into one bin: they go into the last.
        let all = (normal + anomalous).sorted()
        let low = min(all.first ?? 0, threshold)
        let high = max(all.isEmpty ? 1 : all[min(all.count - 1, Int(Double(all.count) * 0.98))], threshold * 1.15)
        let bins = 48, range = low...max(high, low + 1e-9)
        func counts(_ scores: [Double]) -> [Int] {
            var counts = [Int](repeating: 0, count: bins)
            for score in scores {
                let place = (score - range.lowerBound) / (range.upperBound - range.lowerBound) * Double(bins)
                counts[min(bins - 1, max(0, Int(place)))] += 1
            }
            return counts
        }
        let groups = [(counts(normal), Self.normal), (counts(anomalous), Self.anomalous)]
        let tallest = Double(groups.flatMap(\.0).max() ?? 1).squareRoot()
        let axes = Axes(width: 760, height: 480, x: range, y: 0...(tallest * 1.08))
        var drawing = axes.drawing(title: title, xLabel: scoreName, yLabel: "square root of images")
        let step = (range.upperBound - range.lowerBound) / Double(bins)
        for (counts, colour) in groups {
            let bars = counts.enumerated().filter { $0.element > 0 }.map { bin, count in
                (
                    axes.point(range.lowerBound + Double(bin) * step, Double(count).squareRoot()),
                    axes.point(range.lowerBound + Double(bin + 1) * step, 0)
                )
            }
            drawing.rectangles(bars, colour.with(opacity: 0.62))
        }
        drawing.path([axes.point(threshold, 0), axes.point(threshold, axes.y.upperBound)], width: 2, limit)
        axes.legend(
            [
                ("normal (\(normal.count))", Self.normal), ("anomalous (\(anomalous.count))", Self.anomalous),
                (String(format: "threshold %.4g", threshold), limit),
            ], at: .upperRight, on: &drawing)
        return drawing
    }

    /// Lines over a common x: a loss curve, a rate over time.
    package static func lines(
        _ series: [(name: String, points: [(x: Double, y: Double)])], title: String, xLabel: String, yLabel: String
    ) -> SVG {
        let points = series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
        let xs = points.map(\.x), ys = points.map(\.y)
        let (low, high) = (ys.min() ?? 0, ys.max() ?? 1), margin = max((high - low) * 0.06, 1e-9)
        // Many names are beside the plot, few in it above the data.
        let isBeside = series.count > fewLines, height = 480
        let free = isBeside ? 1 : 1 - Axes.legendShare(entries: series.count, height: height)
        let axes = Axes(
            width: 760, height: height, x: (xs.min() ?? 0)...(xs.max() ?? 1),
            y: (low - margin)...(low - margin + (high - low + 2 * margin) / free),
            right: isBeside ? Axes.legendWidth(series.map(\.name)) + 20 : nil)
        var drawing = axes.drawing(title: title, xLabel: xLabel, yLabel: yLabel)
        for (index, line) in series.enumerated() {
            drawing.path(line.points.map { axes.point($0.x, $0.y) }, width: 2, palette[index % palette.count])
        }
        axes.legend(
            series.enumerated().map { ($0.element.name, palette[$0.offset % palette.count]) },
            at: isBeside ? .beside : .upperRight, on: &drawing)
        return drawing
    }
}
