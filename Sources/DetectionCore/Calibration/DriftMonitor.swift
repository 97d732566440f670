import Foundation
import SeededRandom

/// Watches whether frames called normal still score like the calibration images: a conformal test martingale (Vovk et
/// al., "Retrain or not retrain: conformal test martingales for change-point detection", COPA 2021).
///
/// Given the threshold t = s₍ₖ₎, the k − 1 calibration scores below it and the scores of frames called normal are one
/// i.i.d. sample of the flawless scores that do not exceed t, as long as nothing has drifted. So the rank of each new
/// score among those calibration scores and the epoch's earlier frames is uniform and independent of the ranks before
/// it, for any distribution and any number of calibration images; ties are broken at random. The monitor bets against
/// these p-values, beginning each epoch of 1,000 frames with a capital of 1. Under no drift the capital is a
/// martingale, so by Ville's inequality the probability that an epoch ever sees it reach 1/δ is at most δ: with δ =
/// 10⁻⁶, at most one false alert in 10⁹ frames is expected.
package struct DriftMonitor: Sendable {
    /// The kind and time of a drift.
    package struct Drift: Sendable, Equatable {
        package enum Direction: String, Sendable, Codable {
            /// Scores are higher: more flawless frames than promised are flagged.
            case risen
            /// Scores are lower: the threshold is loose, defects may be missed.
            case fallen
            /// Scores spread more or less than they did.
            case spread
        }

        /// The time of the capital's last minimum: the estimate of the change.
        package let since: Date
        package let direction: Direction
    }

    package static let epochLength = 1000

    private let reference: [Double]
    private let limit: Double
    private var random: SplitMix64
    private var epoch: Epoch
    /// Whether drift was found; the monitor then stops.
    package private(set) var hasDrifted = false

    /// - Parameters:
    ///   - calibration: the active one.
    ///   - falseAlertProbability: δ, per epoch; in (0, 1).
    ///   - seed: breaks ties at random.
    package init(_ calibration: Calibration, falseAlertProbability: Double = 1e-6, seed: UInt64 = 1) {
        reference = Array(calibration.imageScores[..<(calibration.k - 1)])
        limit = -log(falseAlertProbability)
        random = SplitMix64(seed: seed)
        epoch = Epoch(reference)
    }

    /// Stops the monitor: this calibration's drift was found before.
    package mutating func finish() { hasDrifted = true }

    /// Adds the score of a frame that was called normal.
    /// - Returns: the drift, once.
    package mutating func observe(_ score: Double, at date: Date) -> Drift? {
        guard !hasDrifted, score.isFinite else { return nil }
        if epoch.count == Self.epochLength { epoch = Epoch(reference) }
        let p = epoch.pValue(of: score, tie: Double.random(in: 0..<1, using: &random))
        epoch.bet(against: p, at: date)
        guard epoch.logCapital >= limit else { return nil }
        hasDrifted = true
        return Drift(since: epoch.lowest?.date ?? date, direction: epoch.direction)
    }
}

/// One run of the martingale from a capital of 1: the Simple Jumper. The capital is spread over bets; after each frame
/// a hundredth of it is spread anew, so that a bet that is right from now on needs no good past.
private struct Epoch: Sendable {
    /// Shapes with mean 0 and values in ±½ under a uniform p: small p or large, extreme p or middling.
    private static let bets: [(direction: DriftMonitor.Drift.Direction?, value: @Sendable (Double) -> Double)] = [
        (nil, { _ in 0 }),
        (.risen, { 2 * (0.5 - $0) }), (.risen, { 0.5 - $0 }),
        (.fallen, { 2 * ($0 - 0.5) }), (.fallen, { $0 - 0.5 }),
        (.spread, { 2 * (abs(2 * $0 - 1) - 0.5) }), (.spread, { 2 * (0.5 - abs(2 * $0 - 1)) }),
    ]
    private static let jump = 0.01

    /// Calibration scores and the epoch's own, ascending.
    private var scores: [Double]
    private(set) var count = 0
    /// Shares of the capital, one per bet; they sum to 1.
    private var shares = [Double](repeating: 1 / Double(bets.count), count: bets.count)
    private(set) var logCapital = 0.0
    private(set) var lowest: (logCapital: Double, date: Date)?

    init(_ reference: [Double]) { scores = reference }

    /// The rank of a score among all before it, the highest first, as a number in (0, 1]; adds the score to them.
    mutating func pValue(of score: Double, tie: Double) -> Double {
        let low = scores.partitioningIndex { $0 >= score }, high = scores.partitioningIndex { $0 > score }
        let above = Double(scores.count - high), equal = Double(high - low)
        defer {
            scores.insert(score, at: low)
            count += 1
        }
        return (above + (1 - tie) * (equal + 1)) / Double(scores.count + 1)
    }

    mutating func bet(against p: Double, at date: Date) {
        if lowest.map({ logCapital <= $0.logCapital }) ?? true { lowest = (logCapital, date) }
        var total = 0.0
        for (index, bet) in Self.bets.enumerated() {
            let share = (1 - Self.jump) * shares[index] + Self.jump / Double(Self.bets.count)
            shares[index] = share * (1 + bet.value(p))
            total += shares[index]
        }
        for index in shares.indices { shares[index] /= total }
        logCapital += log(total)
    }

    /// The kind of the bets that hold most of the capital.
    var direction: DriftMonitor.Drift.Direction {
        var sums: [DriftMonitor.Drift.Direction: Double] = [:]
        for (bet, share) in zip(Self.bets, shares) {
            if let direction = bet.direction { sums[direction, default: 0] += share }
        }
        return sums.max { $0.value < $1.value }?.key ?? .spread
    }
}
