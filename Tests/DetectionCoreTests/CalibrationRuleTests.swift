import DetectionCore
import Foundation
import Testing

@Suite struct CalibrationRuleTests {
    @Test(arguments: [
        (10, 0.1, 10), (19, 0.05, 19), (19, 0.1, 18), (30, 0.1, 28), (99, 0.01, 99), (99, 0.05, 95), (100, 0.01, 100),
        (152, 0.01, 152), (152, 0.05, 146), (152, 0.1, 138), (199, 0.01, 198), (299, 0.01, 297), (473, 0.05, 451),
        (1000, 0.01, 991), (1000, 0.1, 901),
    ])
    func the_expected_rate_picks_the_order_statistic_worked_out_by_hand(_ n: Int, _ rate: Double, _ k: Int) throws {
        #expect(try CalibrationRule.expected(rate: rate).k(of: n) == k)
    }

    @Test func floating_point_never_asks_for_one_more_at_whole_multiples() throws {
        for multiple in 1...2000 {
            let cases: [(count: Int, rate: Double, percent: Int)] = [
                (100 * multiple - 1, 0.01, 99), (100 * multiple - 1, 0.03, 97), (20 * multiple - 1, 0.05, 95),
                (10 * multiple - 1, 0.1, 90), (1000 * multiple - 1, 0.07, 93), (5 * multiple - 1, 0.2, 80),
            ]
            for (n, rate, percent) in cases {
                let k = try CalibrationRule.expected(rate: rate).k(of: n)
                guard k == (n + 1) * percent / 100 else {
                    Issue.record("n \(n), rate \(rate): k \(k), not \((n + 1) * percent / 100)")
                    return
                }
            }
        }
    }

    /// Computed exactly, in rational arithmetic.
    @Test(arguments: [
        (59, 0.05, 0.95, 59), (60, 0.05, 0.95, 60), (93, 0.05, 0.95, 92), (152, 0.05, 0.95, 150), (152, 0.1, 0.95, 144),
        (299, 0.01, 0.95, 299), (300, 0.01, 0.95, 300), (299, 0.05, 0.95, 291), (473, 0.01, 0.95, 472),
        (473, 0.05, 0.95, 458), (1000, 0.01, 0.95, 996), (1000, 0.05, 0.95, 962), (1000, 0.1, 0.95, 916),
        (58, 0.05, 0.9, 58), (298, 0.01, 0.9, 298), (1000, 0.1, 0.9, 913), (30, 0.1, 0.95, 30),
    ])
    func confidence_picks_the_smallest_sufficient_order_statistic(
        _ n: Int, _ rate: Double, _ confidence: Double, _ k: Int
    ) throws {
        #expect(try CalibrationRule.confident(rate: rate, confidence: confidence).k(of: n) == k)
    }

    @Test func the_confident_k_satisfies_the_bound_and_the_one_before_does_not() throws {
        for n in [29, 60, 117, 299, 800, 5000, 20_000] {
            for rate in [0.01, 0.05, 0.1] {
                for confidence in [0.8, 0.95, 0.99] {
                    guard let k = try? CalibrationRule.confident(rate: rate, confidence: confidence).k(of: n) else {
                        #expect(pow(1 - rate, Double(n)) > 1 - confidence)
                        continue
                    }
                    #expect(Reference.binomialTail(k, n, 1 - rate) <= (1 - confidence) * (1 + 1e-9))
                    #expect(Reference.binomialTail(k - 1, n, 1 - rate) > (1 - confidence) * (1 - 1e-9))
                }
            }
        }
    }

    @Test func one_percent_with_95_percent_confidence_needs_299_images() {
        let rule = CalibrationRule.confident(rate: 0.01, confidence: 0.95)
        #expect(rule.imagesNeeded == 299)
        #expect((try? rule.k(of: 298)) == nil)
        #expect(CalibrationRule.expected(rate: 0.01).imagesNeeded == 99)
        #expect(CalibrationRule.expected(rate: 0.05).imagesNeeded == 19)
        #expect((try? CalibrationRule.expected(rate: 0.01).k(of: 98)) == nil)
    }

    @Test func confidences_at_the_very_limit_of_an_image_count_give_an_index_inside_it() throws {
        for n in 1...400 {
            for rate in [0.01, 0.05, 0.1, 0.5, 0.99] {
                for nudge in [-1e-10, -1e-11, -1e-13, 0, 1e-13, 1e-11, 1e-10] {
                    let confidence = 1 - pow(1 - rate, Double(n) + nudge)
                    guard confidence > 0, confidence < 1 else { continue }
                    let rule = CalibrationRule.confident(rate: rate, confidence: confidence)
                    guard let k = try? rule.k(of: n) else { continue }
                    guard (1...n).contains(k) else {
                        Issue.record("n \(n), rate \(rate), nudge \(nudge): k \(k)")
                        return
                    }
                }
            }
        }
    }

    @Test(arguments: [0, 1, 10, 40, 98])
    func too_few_images_are_refused_with_the_number_needed_and_a_rate_that_works(_ n: Int) throws {
        for rule in [CalibrationRule.expected(rate: 0.01), .confident(rate: 0.01, confidence: 0.95)] {
            let error = try #require(throws: CalibrationRule.TooFewImages.self) { try rule.k(of: n) }
            #expect(error.have == n)
            #expect(error.needed == rule.imagesNeeded)
            #expect(error.description.contains("\(rule.imagesNeeded)"))
            #expect(error.description.contains("\(n)"))
            #expect((try? rule.k(of: error.needed)) != nil)
            if n == 0 {
                #expect(error.attainableRate == nil)
            } else if let attainable = error.attainableRate {
                let accepted = CalibrationRule(rate: attainable, confidence: rule.confidence)
                #expect((try? accepted.k(of: n)) != nil)
                #expect(error.description.contains(String(format: "%.4g", attainable)))
                // The option in the message works too.
                let typed = Double(String(format: "%.4g", attainable)) ?? 0
                #expect((try? CalibrationRule(rate: typed, confidence: rule.confidence).k(of: n)) != nil)
            }
        }
    }

    @Test func rules_have_the_names_results_use() {
        #expect(CalibrationRule(rate: 0.01, confidence: nil).name == "order-statistic")
        #expect(CalibrationRule(rate: 0.01, confidence: 0.9).name == "order-statistic-with-confidence")
        #expect(CalibrationRule(rate: 0.01, confidence: 0.9) == .confident(rate: 0.01, confidence: 0.9))
    }
}

@Suite struct FalseAlarmCountTests {
    /// SciPy's `betabinom(m, n + 1 − k, k)`.
    @Test(arguments: [
        (152, 152, 96, 0...3), (152, 146, 96, 0...10), (152, 138, 96, 3...17), (99, 99, 50, 0...3),
        (299, 299, 1000, 0...14), (20, 19, 10, 0...4),
    ])
    func the_range_holds_95_percent_of_the_beta_binomial_law(_ n: Int, _ k: Int, _ m: Int, _ want: ClosedRange<Int>) {
        #expect(FalseAlarmCount.range(n: n, k: k, m: m) == want)
    }

    @Test func probabilities_sum_to_one_with_the_promised_mean() {
        for (n, k, m) in [(152, 150, 96), (20, 19, 200), (5, 1, 3), (10, 10, 1)] {
            let law = (0...m).map { FalseAlarmCount.probability(of: $0, n: n, k: k, m: m) }
            #expect(abs(law.reduce(0, +) - 1) < 1e-9)
            let mean = law.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element } / Double(m)
            #expect(abs(mean - Double(n + 1 - k) / Double(n + 1)) < 1e-9)
        }
    }

    @Test func no_test_images_allow_no_false_alarm() {
        #expect(FalseAlarmCount.range(n: 50, k: 49, m: 0) == 0...0)
    }
}
