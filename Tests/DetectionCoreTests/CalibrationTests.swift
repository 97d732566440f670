import DetectionCore
import Foundation
import InspectionDomain
import SeededRandom
import Testing

@Suite struct CalibrationTests {
    static func calibration(_ scores: [Double], maxima: [Double]? = nil, rule: CalibrationRule) throws -> Calibration {
        try Calibration(
            modelName: "bottle", modelVersion: 3, source: "a folder",
            scores: zip(scores, maxima ?? scores).map { (image: $0, mapMaximum: $1) }, rule: rule)
    }

    /// 1, 2, … n, shuffled.
    static func ramp(_ n: Int) -> [Double] {
        var random = SplitMix64(seed: 5)
        return (1...n).map(Double.init).shuffled(using: &random)
    }

    @Test func thresholds_are_the_kth_smallest_scores() throws {
        let calibration = try Self.calibration(
            Self.ramp(99), maxima: Self.ramp(99).map { $0 * 10 }, rule: .expected(rate: 0.05))
        #expect(calibration.k == 95)
        #expect(calibration.imageThreshold == 95)
        #expect(calibration.pixelThreshold == 950)
        #expect(calibration.n == 99)
        #expect(calibration.imageScores == (1...99).map(Double.init))
        #expect(calibration.mapMaxima == (1...99).map { Double($0) * 10 })
        #expect(abs(calibration.expectedRate - 0.05) < 1e-12)
    }

    @Test func the_threshold_itself_is_normal_and_anything_above_is_not() throws {
        let calibration = try Self.calibration(Self.ramp(20), rule: .expected(rate: 0.05))
        #expect(calibration.verdict(calibration.imageThreshold) == .normal)
        #expect(calibration.verdict(calibration.imageThreshold.nextUp) == .anomalous)
    }

    @Test func p_values_count_the_calibration_scores_at_or_above() throws {
        let calibration = try Self.calibration([1, 2, 2, 3, 5, 5, 5, 8, 9], rule: .expected(rate: 0.1))
        let want: [(Double, Int)] = [(0, 9), (1, 9), (1.5, 8), (2, 8), (5, 5), (5.1, 2), (9, 1), (9.1, 0)]
        for (score, above) in want {
            #expect(calibration.pValue(score) == Double(1 + above) / 10, "score \(score)")
        }
    }

    @Test func both_rules_are_offered_from_the_same_scores() throws {
        let calibration = try Self.calibration(Self.ramp(299), rule: .expected(rate: 0.01))
        #expect(calibration.imageThreshold == 297)
        let confident = try #require(calibration.thresholds(under: .confident(rate: 0.01, confidence: 0.95)))
        #expect(confident.k == 299 && confident.image == 299 && confident.pixel == 299)
        #expect(calibration.thresholds(under: .confident(rate: 0.001, confidence: 0.95)) == nil)
    }

    @Test func scores_that_are_no_numbers_are_refused_in_words() {
        for bad in [Double.nan, .infinity] {
            #expect(throws: ModelError.self) {
                try Self.calibration(Self.ramp(30) + [bad], rule: .expected(rate: 0.1))
            }
        }
    }

    @Test func a_calibration_survives_being_stored() throws {
        let calibration = try Self.calibration(Self.ramp(60), rule: .confident(rate: 0.05, confidence: 0.95))
        let data = try DomainJSON.encoder().encode(calibration)
        let read = try DomainJSON.decoder().decode(Calibration.self, from: data)
        #expect(read.imageScores == calibration.imageScores && read.mapMaxima == calibration.mapMaxima)
        #expect(read.imageThreshold == calibration.imageThreshold && read.pixelThreshold == calibration.pixelThreshold)
        #expect(read.rule == calibration.rule && read.identity == calibration.identity)
        #expect(abs(read.createdAt.timeIntervalSince(calibration.createdAt)) < 0.002)
    }

    @Test func a_calibration_of_a_newer_program_is_refused_in_words() throws {
        let data = try DomainJSON.encoder().encode(try Self.calibration(Self.ramp(60), rule: .expected(rate: 0.05)))
        var fields = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        fields["schema"] = 99
        let newer = try JSONSerialization.data(withJSONObject: fields)
        let error = #expect(throws: (any Error).self) { try DomainJSON.decoder().decode(Calibration.self, from: newer) }
        #expect("\(error.map(String.init(describing:)) ?? "")".contains("99"))
    }

    @Test(arguments: ["k", "image_scores", "map_maxima", "false_alarm_rate", "image_threshold", "pixel_threshold"])
    func a_damaged_calibration_is_refused_before_it_can_decide_anything(_ field: String) throws {
        let data = try DomainJSON.encoder().encode(try Self.calibration(Self.ramp(60), rule: .expected(rate: 0.05)))
        var fields = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(fields[field] != nil)
        fields[field] = fields[field] is [Any] ? [] : 0
        let damaged = try JSONSerialization.data(withJSONObject: fields)
        #expect(throws: ModelError.self) { try DomainJSON.decoder().decode(Calibration.self, from: damaged) }
    }
}

/// The promise itself, tried out: many calibrations on drawn scores, each followed by its true false-alarm rate.
@Suite struct CalibrationSimulationTests {
    /// Scores are uniform, so the true rate above a threshold t is 1 − t; any other law is a monotone change of it.
    static func realisedRates(n: Int, rule: CalibrationRule, runs: Int, seed: UInt64) throws -> [Double] {
        var random = SplitMix64(seed: seed)
        return try (0..<runs).map { _ in
            let scores = (0..<n).map { _ in random.uniform() }
            return 1 - (try CalibrationTests.calibration(scores, rule: rule).imageThreshold)
        }
    }

    @Test(arguments: [(19, 0.1), (60, 0.05), (152, 0.1), (152, 0.01)])
    func the_mean_realised_rate_keeps_the_expected_promise(_ n: Int, _ rate: Double) throws {
        let runs = 3000, rule = CalibrationRule.expected(rate: rate)
        let rates = try Self.realisedRates(n: n, rule: rule, runs: runs, seed: UInt64(n))
        let mean = rates.reduce(0, +) / Double(runs)
        let a = Double(n + 1) - Double(try rule.k(of: n)), expected = a / Double(n + 1)
        let deviation = (expected * (1 - expected) / Double(n + 2) / Double(runs)).squareRoot()
        #expect(expected <= rate + 1e-12)
        #expect(abs(mean - expected) < 4 * deviation)
    }

    @Test(arguments: [(30, 0.1, 0.95), (60, 0.05, 0.9), (299, 0.01, 0.95)])
    func the_realised_rate_exceeds_the_promise_no_more_often_than_the_confidence_allows(
        _ n: Int, _ rate: Double, _ confidence: Double
    ) throws {
        let runs = 3000, rule = CalibrationRule.confident(rate: rate, confidence: confidence)
        let rates = try Self.realisedRates(n: n, rule: rule, runs: runs, seed: 17)
        let exceeded = Double(rates.count { $0 > rate }) / Double(runs)
        let allowed = 1 - confidence
        #expect(exceeded <= allowed + 4 * (allowed * (1 - allowed) / Double(runs)).squareRoot())
        // And the expected rule alone would not have kept it: the two promises differ.
        if let k = try? CalibrationRule.expected(rate: rate).k(of: n), k < (try rule.k(of: n)) {
            let loose = try Self.realisedRates(n: n, rule: .expected(rate: rate), runs: runs, seed: 17)
            #expect(Double(loose.count { $0 > rate }) / Double(runs) > allowed)
        }
    }

    @Test func false_alarms_on_a_test_set_fall_into_the_stated_range() throws {
        let (n, m, runs) = (152, 96, 2000), rule = CalibrationRule.expected(rate: 0.1)
        let range = FalseAlarmCount.range(n: n, k: try rule.k(of: n), m: m)
        var random = SplitMix64(seed: 23), inside = 0
        for _ in 0..<runs {
            let calibration = try CalibrationTests.calibration((0..<n).map { _ in random.uniform() }, rule: rule)
            let alarms = (0..<m).count { _ in calibration.verdict(random.uniform()) == .anomalous }
            if range.contains(alarms) { inside += 1 }
        }
        #expect(Double(inside) / Double(runs) > 0.94)
    }

    @Test func p_values_of_normal_frames_are_uniform_or_larger() throws {
        var random = SplitMix64(seed: 4)
        let runs = 4000
        var values: [Double] = []
        for _ in 0..<runs {
            let calibration = try CalibrationTests.calibration(
                (0..<40).map { _ in random.uniform() }, rule: .expected(rate: 0.1))
            values.append(calibration.pValue(random.uniform()))
        }
        for level in [0.05, 0.1, 0.25, 0.5, 0.9] {
            let share = Double(values.count { $0 <= level }) / Double(runs)
            #expect(share <= level + 4 * (level * (1 - level) / Double(runs)).squareRoot())
        }
    }
}
