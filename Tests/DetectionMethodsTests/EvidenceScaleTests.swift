import DetectionMethods
import Foundation
import Testing

/// Both kinds of evidence on one scale.
@Suite struct EvidenceScaleTests {
    /// Usual: 20 pooled, 10 local; a standard deviation is a tenth and a fifth of that.
    private let scale = EvidenceScale(
        pooled: EvidenceScale.Part(mean: log(20), deviation: 0.1),
        local: [EvidenceScale.Part(mean: log(10), deviation: 0.2)])

    @Test func an_image_with_nothing_unusual_scores_one() {
        #expect(abs(scale.score(pooled: 20, local: [10]) - 1) < 1e-12)
    }

    @Test func either_part_alone_makes_an_image_anomalous() {
        let usual = scale.score(pooled: 20, local: [10])
        let spot = scale.score(pooled: 20, local: [10 * exp(2)]), whole = scale.score(pooled: 20 * exp(1), local: [10])
        // Ten standard deviations each: 0.15 · (10 − ln 2), but for e⁻¹⁰.
        for score in [spot, whole] { #expect(abs(log(score) - 0.15 * (10 - log(2))) < 1e-4 && score > usual) }
        #expect(
            !scale.isWholeImage(pooled: 20, local: [10 * exp(2)])
                && scale.isWholeImage(pooled: 20 * exp(1), local: [10]))
    }

    @Test func a_usual_part_hides_no_unusual_one() {
        // Less than usual in one part must not make up for the other.
        let high = scale.score(pooled: 20, local: [10 * exp(2)]), hidden = scale.score(pooled: 12, local: [10 * exp(2)])
        #expect(abs(high - hidden) < 1e-3 * high)
    }

    @Test func the_score_grows_with_either_part() {
        let values = stride(from: 5.0, through: 60, by: 5).map { scale.score(pooled: $0, local: [12]) }
        #expect(zip(values, values.dropFirst()).allSatisfy { $0 < $1 })
        let others = stride(from: 5.0, through: 60, by: 5).map { scale.score(pooled: 22, local: [$0]) }
        #expect(zip(others, others.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func a_window_weighs_half_and_its_evidence_is_told_where_it_is_the_strongest() {
        var scale = scale
        scale.local.append(EvidenceScale.Part(mean: log(8), deviation: 0.1))
        #expect(abs(scale.score(pooled: 20, local: [10, 8]) - 1) < 1e-12)
        // Ten standard deviations in the window alone: a mean deviation of 0.4 / 3 · (10 + ln(0.5 / 2.5)).
        let window = scale.score(pooled: 20, local: [10, 8 * exp(1)])
        #expect(abs(log(window) - 0.4 / 3 * (10 + log(0.2))) < 1e-4)
        let evidence = scale.evidence(pooled: 20, local: [11, 16])
        #expect(abs(evidence.local - 2) < 1e-12, "\(evidence)")
        #expect(!scale.isWholeImage(pooled: 20 * exp(0.5), local: [10, 8 * exp(1)]))
        // The local score alone does not see the pooled part.
        #expect(abs(scale.score(pooled: nil, local: [10, 8]) - 1) < 1e-12)
    }

    @Test func evidence_is_told_in_multiples_of_the_usual() {
        let evidence = scale.evidence(pooled: 30, local: [5])
        #expect(abs(evidence.pooled - 1.5) < 1e-12 && abs(evidence.local - 0.5) < 1e-12)
    }

    @Test func flawless_images_give_the_scale_and_it_survives_its_text() throws {
        let part = EvidenceScale.Part([1, exp(1), exp(2)])
        #expect(abs(part.mean - 1) < 1e-12 && abs(part.deviation - 1) < 1e-12)
        #expect(
            EvidenceScale.Part([3, 3, 3]).deviation > 0, "equal images must not make every other infinitely unusual")
        #expect(EvidenceScale(text: scale.text) == scale)
        for damaged in ["", "1 2", "1 2 3", "1 0 1 1", "1 1 1 nan", "a b c d"] {
            #expect(EvidenceScale(text: damaged) == nil)
        }
    }
}
