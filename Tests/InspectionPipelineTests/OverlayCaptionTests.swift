import Foundation
import Imaging
import InspectionDomain
import Testing

import InspectionPipeline

/// The line of text below an overlay.
@Suite struct OverlayCaptionTests {
    private let berlin = TimeZone(identifier: "Europe/Berlin")

    private func inspection(
        _ verdict: Verdict = .anomalous, score: Double = 41.7, threshold: Double = 33.2, line: String = "plate"
    ) -> Inspection {
        Inspection(
            resultID: "0a1b", line: line, createdAt: Date(timeIntervalSince1970: 1_769_847_330.9),
            image: ImageInfo(path: "/srv/cameras/plate/shift 2/part 11.jpg"), verdict: verdict, imageScore: score,
            imageThreshold: threshold,
            model: ModelIdentity(name: "plate", version: 3, method: "grad", backbone: "b0", sha256: "00"))
    }

    @Test func an_overlay_can_be_traced_to_its_line_frame_and_local_time() throws {
        let caption = Overlay.Caption(inspection(), timeZone: try #require(berlin))
        #expect(caption.verdict == "ANOMALOUS" && caption.colour == .red)
        #expect(
            caption.details == [
                "score 1.26 × threshold", "line plate", "part 11.jpg", "2026-01-31 09:15:30 +01:00", "plate v3",
            ])
        let utc = Overlay.Caption(inspection(), timeZone: .gmt)
        #expect(utc.details.contains("2026-01-31 08:15:30 +00:00"))
        let newfoundland = try #require(TimeZone(identifier: "America/St_Johns"))
        #expect(
            Overlay.Caption(inspection(), timeZone: newfoundland).details.contains("2026-01-31 04:45:30 -03:30"))
    }

    @Test func an_image_inspected_without_a_line_names_none() {
        let details = Overlay.Caption(inspection(line: ""), timeZone: .gmt).details
        #expect(details.count == 4 && !details.contains { $0.contains("line") })
    }

    @Test(
        arguments: [
            (2, "2"), (0.5, "0.5"), (1.000_4, "1.0004"), (0.999_99, "0.99999"), (1, "1"), (123.456, "123"),
            (1 + 1e-12, "1.000000000001"),
        ] as [(Double, String)])
    func the_multiple_shows_whether_the_score_is_above_the_threshold(
        score: Double, multiple: String
    ) {
        let caption = Overlay.Caption(inspection(score: score, threshold: 1), timeZone: .gmt)
        #expect(caption.details[0] == "score \(multiple) × threshold")
    }

    @Test(arguments: [0, -3.5, .nan, .infinity] as [Double])
    func a_threshold_that_has_no_multiples_is_printed_itself(threshold: Double) {
        let caption = Overlay.Caption(inspection(score: 2, threshold: threshold), timeZone: .gmt)
        #expect(caption.details[0].hasPrefix("score 2 (threshold"))
    }

    @Test func the_caption_names_a_wrong_product() {
        var wrong = inspection()
        wrong.gate = GateResult(
            passed: false, expected: "plate", product: RecognizedProduct(name: "cloth", confidence: 0.934),
            imageScore: 2, imageThreshold: 1, pValue: 0.01, model: wrong.model!, calibration: Self.calibration)
        let caption = Overlay.Caption(wrong, timeZone: .gmt)
        #expect(caption.verdict == "WRONG PRODUCT" && caption.details.contains("cloth 93 %"))
        #expect(Overlay.Caption(inspection(.normal, score: 1), timeZone: .gmt).verdict == "NORMAL")
    }

    private static let calibration = CalibrationIdentity(
        id: "c", n: 152, falseAlarmRate: 0.01, confidence: nil, rule: "order-statistic", k: 152)
}
