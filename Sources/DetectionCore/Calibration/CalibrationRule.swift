import Foundation

/// The rule that picks the order statistic of the calibration scores as threshold, for a wanted false-alarm rate.
///
/// With n exchangeable normal scores and the k-th smallest as threshold, the expected rate of later normal frames above
/// it is at most (n + 1 − k)/(n + 1), whatever the scores' distribution.
package enum CalibrationRule: Sendable, Equatable {
    /// The expected false-alarm rate is at most α.
    case expected(rate: Double)
    /// The realised false-alarm rate is at most α with this confidence.
    case confident(rate: Double, confidence: Double)

    package init(rate: Double, confidence: Double?) {
        self = confidence.map { .confident(rate: rate, confidence: $0) } ?? .expected(rate: rate)
    }

    /// The promised rate α.
    package var rate: Double {
        switch self {
        case .expected(let rate), .confident(let rate, _): rate
        }
    }

    package var confidence: Double? { if case .confident(_, let confidence) = self { confidence } else { nil } }

    /// The name in results.
    package var name: String { confidence == nil ? "order-statistic" : "order-statistic-with-confidence" }

    /// Fewer calibration images than the rule needs.
    package struct TooFewImages: Error, Sendable, Equatable, CustomStringConvertible {
        package let have: Int
        package let needed: Int
        package let rule: CalibrationRule
        /// The lowest rate that `have` images can promise under the same rule; nil for none.
        package let attainableRate: Double?
        /// The number of images of the `have` parts; nil if each image counts separately.
        package var images: Int?

        package var description: String {
            let promise =
                rule.confidence.map { "\(rule.rate) with confidence \($0)" } ?? "\(rule.rate)"
            let remedy = attainableRate.map {
                String(format: ", or accept a rate of %.4g (--false-alarm-rate %.4g)", $0, $0)
            }
            if let images, images > have {
                return
                    "a false-alarm rate of \(promise) needs calibration images of \(needed) parts, there are \(have): the "
                    + "\(images) images are near-duplicates of each other, which count once; add images of "
                    + "\(needed - have) more flawless parts\(remedy ?? "")"
            }
            return "a false-alarm rate of \(promise) needs \(needed) calibration images, there are \(have); "
                + "add \(needed - have) more flawless images\(remedy ?? "")"
        }
    }

    /// The 1-based k of the threshold among n sorted scores.
    /// - Throws: `TooFewImages`.
    package func k(of n: Int) throws -> Int {
        precondition(rate > 0 && rate < 1 && (confidence.map { $0 > 0 && $0 < 1 } ?? true))
        guard n >= imagesNeeded else {
            throw TooFewImages(have: n, needed: imagesNeeded, rule: self, attainableRate: attainableRate(n))
        }
        switch self {
        case .expected(let rate):
            // The tolerance keeps (n + 1)(1 − α) = 100.00000000000001 from needing one more.
            return min(n, max(1, Int((Double(n + 1) * (1 - rate) - 1e-9).rounded(.up))))
        case .confident(let rate, let confidence):
            // P(Bin(n, 1 − α) ≥ k) falls with k: from n downwards, the last k that still satisfies the bound.
            var tail = 0.0, k = n + 1
            while k > 1 {
                tail += exp(Self.logBinomial(n, k - 1, 1 - rate))
                if tail > (1 - confidence) * (1 + 1e-12) { break }
                k -= 1
            }
            // `imagesNeeded` forgives rounding that the sum above may not: then the maximum is the threshold.
            return min(n, k)
        }
    }

    /// The threshold's k for parts with several images each.
    /// - Throws: `TooFewImages`.
    package func k(ofParts parts: Int, images: Int) throws -> Int {
        do {
            return try k(of: parts)
        } catch var error as TooFewImages {
            error.images = images
            throw error
        }
    }

    /// The fewest images for which a threshold exists.
    package var imagesNeeded: Int {
        switch self {
        case .expected(let rate): return max(1, Int((1 / rate - 1 - 1e-9).rounded(.up)))
        case .confident(let rate, let confidence):
            // (1 − α)ⁿ ≤ 1 − γ
            return max(1, Int((log(1 - confidence) / log(1 - rate) - 1e-9).rounded(.up)))
        }
    }

    private func attainableRate(_ n: Int) -> Double? {
        guard n > 0 else { return nil }
        let rate: Double
        switch self {
        case .expected: rate = 1 / Double(n + 1)
        case .confident(_, let confidence): rate = 1 - exp(log(1 - confidence) / Double(n))
        }
        // Rounded up, so that it is accepted as an option.
        let rounded = (rate * 10_000).rounded(.up) / 10_000
        return rounded < 1 ? rounded : nil
    }

    /// ln of C(n, j) pʲ (1 − p)ⁿ⁻ʲ.
    static func logBinomial(_ n: Int, _ j: Int, _ p: Double) -> Double {
        lgamma(Double(n + 1)) - lgamma(Double(j + 1)) - lgamma(Double(n - j + 1)) + Double(j) * log(p)
            + Double(n - j) * log1p(-p)
    }
}

/// The number of `m` later normal images that a threshold at the k-th of n calibration scores may flag.
package enum FalseAlarmCount {
    /// The beta-binomial law of the count: m trials whose rate is Beta(n + 1 − k, k).
    package static func probability(of count: Int, n: Int, k: Int, m: Int) -> Double {
        let (a, b) = (Double(n + 1 - k), Double(k))
        func logBeta(_ x: Double, _ y: Double) -> Double { lgamma(x) + lgamma(y) - lgamma(x + y) }
        let choose = lgamma(Double(m + 1)) - lgamma(Double(count + 1)) - lgamma(Double(m - count + 1))
        return exp(choose + logBeta(Double(count) + a, Double(m - count) + b) - logBeta(a, b))
    }

    /// The central range that holds the count with at least this probability: a test set's range by chance.
    package static func range(n: Int, k: Int, m: Int, probability level: Double = 0.95) -> ClosedRange<Int> {
        let tail = (1 - level) / 2
        var cumulative = 0.0, low = 0, high = m
        for count in 0...m {
            let p = probability(of: count, n: n, k: k, m: m)
            if cumulative + p <= tail { low = count + 1 }
            cumulative += p
            if cumulative >= 1 - tail {
                high = count
                break
            }
        }
        return min(low, high)...high
    }
}
