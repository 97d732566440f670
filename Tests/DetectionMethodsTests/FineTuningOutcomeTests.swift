import DetectionCore
import DetectionMethods
import Foundation
import SeededRandom
import Testing

/// AUROCs of drawn defects, and whether a gain is more than chance.
@Suite struct FineTuningOutcomeTests {
    private func scores(_ count: Int, gap: Double, seed: UInt64, noise: Float = 1) -> FineTuningValidation.Scores {
        var generator = SplitMix64(seed: seed)
        let normal = (0..<count).map { _ in Double(generator.uniform(0, 2)) }
        let kinds: [SyntheticAnomaly] = [.scar, .confetti]
        let drawn = (0..<count).flatMap { picture in
            (0..<4).map { draw in
                (kinds[draw % 2], picture, normal[picture] + gap + Double(generator.uniform(-noise, noise)))
            }
        }
        return FineTuningValidation.Scores(normal: normal, anomalous: drawn)
    }

    @Test func areas_count_the_pairs_in_order_and_half_of_the_ties() {
        let scores = FineTuningValidation.Scores(
            normal: [1, 2],
            anomalous: [(.scar, 0, 3), (.scar, 1, 0), (.cutOut, 0, 2), (.cutOut, 1, 1.5)])
        let outcome = scores.outcome()
        #expect(outcome.byKind == ["cutpaste_scar": 0.5, "cutout": 0.625])
        #expect(outcome.normalScore == 1.5 && outcome.gain == nil)
    }

    @Test func nothing_is_gained_over_the_same_scores() {
        let one = scores(40, gap: 0.4, seed: 1)
        let outcome = one.outcome(over: one)
        #expect(outcome.gain == 0 && outcome.standardError == 0 && outcome.surelyGained(2) == 0)
    }

    @Test func the_standard_error_is_that_of_drawing_other_images() throws {
        // Two networks of the same skill: over many sets of images the gain varies as each set's standard error says.
        var gains: [Double] = [], errors: [Double] = []
        for seed in 0..<300 as Range<UInt64> {
            let before = scores(100, gap: 0.5, seed: seed), other = scores(100, gap: 0.5, seed: seed, noise: 0.4)
            let outcome = other.outcome(over: before)
            gains.append(try #require(outcome.gain))
            errors.append(try #require(outcome.standardError))
        }
        let mean = gains.reduce(0, +) / 300
        let spread = (gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 299).squareRoot()
        let claimed = (errors.reduce(0) { $0 + $1 * $1 } / 300).squareRoot()
        #expect(abs(claimed / spread - 1) < 0.15, "claimed \(claimed), found \(spread)")
    }

    @Test func a_network_that_tells_more_is_surely_better() {
        let outcome = scores(60, gap: 1.2, seed: 5).outcome(over: scores(60, gap: 0.3, seed: 5))
        #expect(outcome.surelyGained(2) > 0.05)
    }
}
