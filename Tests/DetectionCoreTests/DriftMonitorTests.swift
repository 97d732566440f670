import DetectionCore
import Foundation
import SeededRandom
import Testing

/// Simulations with known laws: how often the monitor is wrong, and how soon it is right.
@Suite struct DriftMonitorTests {
    /// Standard normal numbers (Box & Muller 1958).
    private struct Normal {
        var random: SplitMix64

        mutating func next() -> Double {
            let u = 1 - Double.random(in: 0..<1, using: &random), v = Double.random(in: 0..<1, using: &random)
            return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
        }
    }

    private static func calibration(_ n: Int, _ score: () -> Double) throws -> Calibration {
        try Calibration(
            modelName: "m", modelVersion: 1, source: "simulated",
            scores: (0..<n).map { _ in (image: score(), mapMaximum: 1) }, rule: .expected(rate: 0.05))
    }

    private static func date(_ index: Int) -> Date { Date(timeIntervalSince1970: Double(index)) }

    /// Runs a monitor over frames called normal; the index at which it found drift.
    private static func found(
        _ monitor: inout DriftMonitor, _ calibration: Calibration, frames: Int, _ score: (Int) -> Double
    ) -> (index: Int, drift: DriftMonitor.Drift)? {
        for index in 0..<frames {
            let score = score(index)
            guard calibration.verdict(score) == .normal else { continue }
            if let drift = monitor.observe(score, at: date(index)) { return (index, drift) }
        }
        return nil
    }

    /// Few calibration images are what breaks a monitor that takes their p-values for uniform: each set of them is off
    /// by chance, and in the long run any such difference is found.
    @Test(arguments: [20, 60, 400], [false, true])
    func without_drift_an_epoch_is_wrong_no_more_often_than_promised(n: Int, tied: Bool) throws {
        var normal = Normal(random: SplitMix64(seed: UInt64(n)))
        func score() -> Double { tied ? (normal.next() * 4).rounded() : normal.next() }
        let (epochs, delta) = (1500, 0.02)
        var wrong = 0
        for epoch in 0..<epochs {
            let calibration = try Self.calibration(n, score)
            var monitor = DriftMonitor(calibration, falseAlertProbability: delta, seed: UInt64(epoch))
            if Self.found(&monitor, calibration, frames: DriftMonitor.epochLength, { _ in score() }) != nil {
                wrong += 1
            }
        }
        // Three standard deviations above what the promise allows.
        let allowed = delta * Double(epochs) + 3 * (delta * Double(epochs)).squareRoot()
        #expect(Double(wrong) <= allowed, "\(wrong) of \(epochs) epochs, \(delta) promised")
    }

    @Test func over_many_epochs_on_one_small_calibration_nothing_is_found() throws {
        var normal = Normal(random: SplitMix64(seed: 7))
        let calibration = try Self.calibration(30) { normal.next() }
        var monitor = DriftMonitor(calibration)
        #expect(Self.found(&monitor, calibration, frames: 200_000) { _ in normal.next() } == nil)
    }

    @Test(arguments: [(1.0, DriftMonitor.Drift.Direction.risen), (-1.0, .fallen)])
    func a_shift_by_one_standard_deviation_is_found_soon_with_its_beginning_and_direction(
        shift: Double, direction: DriftMonitor.Drift.Direction
    ) throws {
        var (found, late, misplaced) = (0, 0, 0)
        for seed in 0..<50 {
            var normal = Normal(random: SplitMix64(seed: UInt64(seed)))
            let calibration = try Self.calibration(200) { normal.next() }
            var monitor = DriftMonitor(calibration, seed: UInt64(seed))
            let change = 500
            guard
                let (index, drift) = Self.found(
                    &monitor, calibration, frames: 1000, { normal.next() + ($0 < change ? 0 : shift) })
            else { continue }
            found += 1
            #expect(drift.direction == direction)
            late += index - change
            misplaced += abs(Int(drift.since.timeIntervalSince1970) - change)
            #expect(monitor.hasDrifted && monitor.observe(100, at: Self.date(index + 1)) == nil, "found twice")
        }
        #expect(found >= 48, "found in \(found) of 50")
        #expect(late / max(1, found) < 200, "on average \(late / max(1, found)) frames late")
        #expect(misplaced / max(1, found) < 60, "the beginning is \(misplaced / max(1, found)) frames off on average")
    }

    @Test func a_slow_drift_is_found_before_a_tenth_of_the_flawless_frames_is_flagged() throws {
        var found = 0
        for seed in 0..<20 {
            var normal = Normal(random: SplitMix64(seed: UInt64(100 + seed)))
            let calibration = try Self.calibration(300) { normal.next() }
            var monitor = DriftMonitor(calibration, seed: UInt64(seed))
            // One standard deviation in 20,000 frames; a tenth would be flagged after about 7,300.
            if let (index, _) = Self.found(
                &monitor, calibration, frames: 20_000, { normal.next() + Double($0) / 20_000 })
            {
                let rate = 0.5 * erfc((1.645 - Double(index) / 20_000) / 2.0.squareRoot())
                if rate < 0.26 { found += 1 }
            }
        }
        #expect(found >= 18, "found in \(found) of 20")
    }

    @Test func scores_that_spread_are_found_though_their_middle_stays() throws {
        var normal = Normal(random: SplitMix64(seed: 3))
        let calibration = try Self.calibration(300) { normal.next() }
        var monitor = DriftMonitor(calibration)
        let (_, drift) = try #require(Self.found(&monitor, calibration, frames: 1000) { _ in 0.2 * normal.next() })
        #expect(drift.direction == .spread)
    }

    @Test func a_calibration_whose_threshold_is_its_only_score_watches_nothing_and_does_no_harm() throws {
        let calibration = try Calibration(
            modelName: "m", modelVersion: 1, source: "one", scores: [(image: 1, mapMaximum: 1)],
            rule: .expected(rate: 0.5))
        var monitor = DriftMonitor(calibration)
        #expect(Self.found(&monitor, calibration, frames: 3000) { _ in 0.5 } == nil)
    }
}
