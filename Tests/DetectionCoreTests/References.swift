import DetectionCore
import InspectionDomain

// Plain definitions that the fast implementations are compared with. Quadratic and obvious on purpose.

enum Reference {
    /// P(score of a positive > score of a negative) + half the ties.
    static func auroc(_ scores: [Double], _ labels: [Bool]) -> Double {
        var won = 0.0, pairs = 0.0
        for (a, positive) in zip(scores, labels) where positive {
            for (b, other) in zip(scores, labels) where !other {
                won += a > b ? 1 : a == b ? 0.5 : 0
                pairs += 1
            }
        }
        return won / pairs
    }

    /// Counts at "score ≥ threshold" for every distinct score, from the highest down.
    private static func operatingPoints(_ scores: [Double], _ labels: [Bool]) -> [(threshold: Double, tp: Int, fp: Int)]
    {
        Set(scores).sorted(by: >).map { threshold in
            let called = zip(scores, labels).filter { $0.0 >= threshold }
            return (threshold, called.count { $0.1 }, called.count { !$0.1 })
        }
    }

    /// Σ (R_i − R_{i−1}) · P_i.
    static func averagePrecision(_ scores: [Double], _ labels: [Bool]) -> Double {
        let positives = Double(labels.count { $0 })
        var before = 0.0, sum = 0.0
        for point in operatingPoints(scores, labels) {
            let recall = Double(point.tp) / positives
            sum += (recall - before) * Double(point.tp) / Double(point.tp + point.fp)
            before = recall
        }
        return sum
    }

    static func f1Max(_ scores: [Double], _ labels: [Bool]) -> Double {
        let positives = labels.count { $0 }
        return operatingPoints(scores, labels).map { 2 * Double($0.tp) / Double($0.tp + $0.fp + positives) }.max() ?? 0
    }

    /// The smallest false-positive rate among thresholds that keep at least 95 % of the positives.
    static func falsePositiveRate(_ scores: [Double], _ labels: [Bool], truePositiveRate: Double = 0.95) -> Double {
        let positives = Double(labels.count { $0 }), negatives = Double(labels.count { !$0 })
        return operatingPoints(scores, labels)
            .filter { Double($0.tp) / positives >= truePositiveRate }
            .map { Double($0.fp) / negatives }.min() ?? 1
    }

    /// The 8-connected components of `mask`, each as its pixel indices, in scan order of their first pixels.
    static func components(_ mask: [Bool], width: Int, height: Int) -> [[Int]] {
        var seen = [Bool](repeating: false, count: mask.count), found: [[Int]] = []
        for start in mask.indices where mask[start] && !seen[start] {
            var component: [Int] = [], open = [start]
            seen[start] = true
            while let pixel = open.popLast() {
                component.append(pixel)
                let (x, y) = (pixel % width, pixel / width)
                for ny in max(0, y - 1)...min(height - 1, y + 1) {
                    for nx in max(0, x - 1)...min(width - 1, x + 1) {
                        let next = ny * width + nx
                        if mask[next] && !seen[next] {
                            seen[next] = true
                            open.append(next)
                        }
                    }
                }
            }
            found.append(component.sorted())
        }
        return found
    }

    /// Mean per-region overlap over the false-positive rate, every distinct value a threshold, trapezoids up to `limit`
    /// (the last one cut at it), divided by `limit`.
    static func aupro(maps: [[Double]], masks: [[Bool]], width: Int, height: Int, limit: Double = 0.3) -> Double {
        let values = maps.flatMap { $0 }, truth = masks.flatMap { $0 }
        let negatives = Double(truth.count { !$0 })
        let regions = zip(maps, masks).flatMap { map, mask in
            components(mask, width: width, height: height).map { $0.map { map[$0] } }
        }
        var area = 0.0, x = 0.0, y = 0.0
        for threshold in Set(values).sorted(by: >) {
            let nextX = Double(zip(values, truth).count { $0 >= threshold && !$1 }) / negatives
            let overlaps = regions.map { region in Double(region.count { $0 >= threshold }) / Double(region.count) }
            let nextY = overlaps.reduce(0, +) / Double(regions.count)
            if nextX > limit {
                let cut = y + (nextY - y) * (limit - x) / (nextX - x)
                return (area + (limit - x) * (y + cut) / 2) / limit
            }
            area += (nextX - x) * (y + nextY) / 2
            (x, y) = (nextX, nextY)
        }
        return area / limit
    }

    /// P(Binomial(n, p) ≥ k), term by term from ratios, no logarithms.
    static func binomialTail(_ k: Int, _ n: Int, _ p: Double) -> Double {
        // The largest term is scaled to 1, and everything is divided by the sum of all.
        var weights = [Double](repeating: 0, count: n + 1)
        let mode = min(n, Int(Double(n + 1) * p))
        weights[mode] = 1
        if mode < n {
            for i in (mode + 1)...n { weights[i] = weights[i - 1] * Double(n - i + 1) / Double(i) * p / (1 - p) }
        }
        for i in stride(from: mode - 1, through: 0, by: -1) {
            weights[i] = weights[i + 1] * Double(i + 1) / Double(n - i) * (1 - p) / p
        }
        return weights[k...].reduce(0, +) / weights.reduce(0, +)
    }
}
