/// Threshold-free measures of how well scores separate anomalous from normal, ties merged. Names as the field's.
package enum Metrics {
    /// The share of the pixels in either area that lie in both; 0 for two empty areas.
    package static func intersectionOverUnion(_ one: [Bool], _ other: [Bool]) -> Double {
        precondition(one.count == other.count)
        var both = 0, either = 0
        for (a, b) in zip(one, other) {
            both += a && b ? 1 : 0
            either += a || b ? 1 : 0
        }
        return either == 0 ? 0 : Double(both) / Double(either)
    }

    /// One point per distinct score, from the highest down: the numbers of each kind that score at least this much.
    package struct Curve: Sendable {
        package struct Point: Sendable {
            package let threshold: Double
            package let truePositives, falsePositives: Int
        }

        package let points: [Point]
        package let positives, negatives: Int

        package init(scores: [Double], isAnomalous: [Bool]) {
            precondition(scores.count == isAnomalous.count)
            let order = scores.indices.sorted { scores[$0] > scores[$1] }
            var points: [Point] = [], truePositives = 0, falsePositives = 0
            for (position, index) in order.enumerated() {
                if isAnomalous[index] { truePositives += 1 } else { falsePositives += 1 }
                if position + 1 < order.count, scores[order[position + 1]] == scores[index] { continue }
                points.append(
                    Point(threshold: scores[index], truePositives: truePositives, falsePositives: falsePositives))
            }
            self.points = points
            positives = truePositives
            negatives = falsePositives
        }

        /// (false-positive rate, true-positive rate), beginning at the origin: the ROC curve.
        package var roc: [(x: Double, y: Double)] {
            [(0, 0)]
                + points.map {
                    (
                        Double($0.falsePositives) / Double(max(1, negatives)),
                        Double($0.truePositives) / Double(max(1, positives))
                    )
                }
        }

        /// Area under the ROC curve; NaN when one kind is missing.
        package var auroc: Double {
            guard positives > 0, negatives > 0 else { return .nan }
            var area = 0.0, last = (truePositives: 0, falsePositives: 0)
            for point in points {
                area +=
                    Double(point.falsePositives - last.falsePositives)
                    * Double(point.truePositives + last.truePositives) / 2
                last = (point.truePositives, point.falsePositives)
            }
            return area / (Double(positives) * Double(negatives))
        }

        /// Σ (recall step × precision): average precision without interpolation.
        package var averagePrecision: Double {
            guard positives > 0 else { return .nan }
            var sum = 0.0, last = 0
            for point in points {
                let precision = Double(point.truePositives) / Double(point.truePositives + point.falsePositives)
                sum += Double(point.truePositives - last) * precision
                last = point.truePositives
            }
            return sum / Double(positives)
        }

        /// The highest F1 over all thresholds, and the threshold (anomalous at or above it).
        package var f1Max: (f1: Double, threshold: Double) {
            var best = (f1: positives > 0 ? 0.0 : Double.nan, threshold: points.first?.threshold ?? .nan)
            for point in points {
                let f1 =
                    2 * Double(point.truePositives) / Double(point.truePositives + point.falsePositives + positives)
                if f1 > best.f1 { best = (f1, point.threshold) }
            }
            return best
        }

        /// The false-positive rate at the highest threshold that finds at least this share of the anomalous.
        package func falsePositiveRate(atTruePositiveRate rate: Double = 0.95) -> Double {
            guard positives > 0, negatives > 0 else { return .nan }
            let point = points.first { Double($0.truePositives) >= rate * Double(positives) }
            return Double(point?.falsePositives ?? negatives) / Double(negatives)
        }
    }

    /// Pixel-level measures of maps against masks of the same size.
    package struct PixelMeasures: Sendable {
        package let auroc: Double
        package let f1Max: Double
        /// Area under the per-region overlap up to the limit, divided by it (Bergmann et al., CVPR 2019).
        package let aupro: Double
    }

    /// The upper limit of AUPRO's integral.
    package static let falsePositiveLimit = 0.30

    /// - Parameters:
    ///   - maps: values of each image's map.
    ///   - labels: per image, 0 for a normal pixel, otherwise the number (from 1) of its 8-connected defect region.
    package static func pixels(maps: [[Double]], labels: [[Int32]], limit: Double = falsePositiveLimit) -> PixelMeasures
    {
        // Each pixel becomes its score and the region it belongs to; every region weighs the same in the overlap.
        var pixels: [(score: Double, region: Int32)] = []
        pixels.reserveCapacity(maps.reduce(0) { $0 + $1.count })
        var areas: [Double] = []
        for (map, picture) in zip(maps, labels) {
            precondition(map.count == picture.count)
            let first = Int32(areas.count)
            areas += [Double](repeating: 0, count: Int(picture.max() ?? 0))
            for (score, label) in zip(map, picture) {
                pixels.append((score, label == 0 ? -1 : first + label - 1))
                if label != 0 { areas[Int(first + label - 1)] += 1 }
            }
        }
        pixels.sort { $0.score > $1.score }
        return sweep(pixels, areas, limit)
    }

    private static func sweep(_ pixels: [(score: Double, region: Int32)], _ areas: [Double], _ limit: Double)
        -> PixelMeasures
    {
        let positives = areas.reduce(0, +), negatives = Double(pixels.count) - positives
        guard positives > 0, negatives > 0 else { return PixelMeasures(auroc: .nan, f1Max: .nan, aupro: .nan) }
        let weights = areas.map { 1 / ($0 * Double(areas.count)) }
        var truePositives = 0.0, falsePositives = 0.0, overlap = 0.0
        var last = (truePositives: 0.0, rate: 0.0, overlap: 0.0)
        var rocArea = 0.0, overlapArea = 0.0, bestF1 = 0.0
        for (index, pixel) in pixels.enumerated() {
            if pixel.region >= 0 {
                truePositives += 1
                overlap += weights[Int(pixel.region)]
            } else {
                falsePositives += 1
            }
            if index + 1 < pixels.count, pixels[index + 1].score == pixel.score { continue }
            let rate = falsePositives / negatives
            rocArea += (rate - last.rate) * (truePositives + last.truePositives) / 2
            if last.rate < limit, rate > last.rate {
                // The step that crosses the limit counts up to the limit, with the overlap interpolated there.
                let end = min(rate, limit)
                let reached = last.overlap + (overlap - last.overlap) * (end - last.rate) / (rate - last.rate)
                overlapArea += (end - last.rate) * (last.overlap + reached) / 2
            }
            bestF1 = max(bestF1, 2 * truePositives / (truePositives + falsePositives + positives))
            last = (truePositives, rate, overlap)
        }
        return PixelMeasures(auroc: rocArea / positives, f1Max: bestF1, aupro: overlapArea / limit)
    }
}
