import DetectionCore
import Foundation
import SeededRandom
import TestSupport
import Testing

@Suite struct MetricsTests {
    typealias Curve = Metrics.Curve

    static func goldenCurve() throws -> (Curve, GoldenFile) {
        let file = try GoldenFile("metrics")
        let labels = try file.integers("labels").map { $0 != 0 }
        return (Curve(scores: try file.doubles("f64.scores"), isAnomalous: labels), file)
    }

    /// 1e-9 for numbers stored in double precision, 1e-6 for those that are single.
    static func tolerance(_ name: String, _ file: GoldenFile) throws -> Double {
        try file.stored(name).dtype == .f64 ? 1e-9 : 1e-6
    }

    @Test func image_metrics_are_the_golden_ones() throws {
        let (curve, file) = try Self.goldenCurve()
        let (fpr, percent) = try file.option("f64.fpr_at_tpr")
        let got = [
            "f64.auroc": curve.auroc, "f64.average_precision": curve.averagePrecision, "f64.f1_max": curve.f1Max.f1,
            "f64.f1_max_threshold": curve.f1Max.threshold,
            fpr: curve.falsePositiveRate(atTruePositiveRate: percent / 100),
        ]
        for (name, value) in got {
            let want = try file.doubles(name)[0]
            #expect(
                abs(value - want) <= (try Self.tolerance(name, file)) * max(1, abs(want)), "\(name): \(value), \(want)")
        }
    }

    @Test func areas_that_share_one_of_three_pixels_overlap_by_a_third() {
        let iou = Metrics.intersectionOverUnion
        #expect(iou([true, true, false, false], [false, true, true, false]) == 1.0 / 3)
        #expect(iou([false, false], [false, false]) == 0 && iou([true, false], [true, false]) == 1)
    }

    @Test func the_golden_scores_hold_ties() throws {
        let scores = try GoldenFile("metrics").doubles("f64.scores")
        #expect(Set(scores).count < scores.count)
    }

    @Test func pixel_metrics_are_the_golden_ones() throws {
        let file = try GoldenFile("metrics")
        let shape = try file.shape("f64.maps")
        try #require(shape.count == 3, "f64.maps are no maps: \(shape)")
        let size = shape[1] * shape[2]
        let maps = try file.doubles("f64.maps"), masks = try file.integers("masks").map { $0 != 0 }
        try #require(masks.count == maps.count)
        let split = (0..<shape[0]).map { $0 * size..<($0 + 1) * size }
        let (aupro, limit) = try file.option("f64.aupro_fpr")
        let measures = Metrics.pixels(
            maps: split.map { Array(maps[$0]) },
            labels: split.map { Self.labels(Array(masks[$0]), width: shape[2], height: shape[1]) }, limit: limit)
        let want = try file.doubles(aupro)[0]
        #expect(abs(measures.aupro - want) <= (try Self.tolerance(aupro, file)))
        let auroc = try file.doubles("f64.pixel_auroc")[0]
        #expect(abs(measures.auroc - auroc) <= (try Self.tolerance("f64.pixel_auroc", file)))
    }

    static func labels(_ mask: [Bool], width: Int, height: Int) -> [Int32] {
        var labels = [Int32](repeating: 0, count: mask.count)
        for (number, pixels) in Reference.components(mask, width: width, height: height).enumerated() {
            for pixel in pixels { labels[pixel] = Int32(number + 1) }
        }
        return labels
    }

    @Test func curves_agree_with_the_plain_definitions_on_scores_full_of_ties() {
        var random = SplitMix64(seed: 12)
        for levels in [2.0, 5, 20, 1000] {
            for share in [0.05, 0.5, 0.9] {
                let anomalous = [true, false] + (0..<118).map { _ in random.uniform() < share }
                let scores = anomalous.map { (random.uniform() * levels + ($0 ? levels / 4 : 0)).rounded(.down) }
                let curve = Curve(scores: scores, isAnomalous: anomalous)
                #expect(abs(curve.auroc - Reference.auroc(scores, anomalous)) < 1e-12)
                #expect(abs(curve.averagePrecision - Reference.averagePrecision(scores, anomalous)) < 1e-12)
                #expect(abs(curve.f1Max.f1 - Reference.f1Max(scores, anomalous)) < 1e-12)
                #expect(abs(curve.falsePositiveRate() - Reference.falsePositiveRate(scores, anomalous)) < 1e-12)
            }
        }
    }

    @Test func pixel_measures_agree_with_the_plain_definitions() {
        var random = SplitMix64(seed: 31)
        let (width, height) = (13, 9)
        for levels in [4.0, 50, 1e6] {
            for limit in [0.05, 0.3, 1] {
                let masks = (0..<3).map { picture in
                    (0..<width * height).map { _ in picture > 0 && random.uniform() < 0.2 }
                }
                let maps = masks.map { $0.map { (random.uniform() * levels + ($0 ? levels / 3 : 0)).rounded(.down) } }
                let measures = Metrics.pixels(
                    maps: maps, labels: masks.map { Self.labels($0, width: width, height: height) }, limit: limit)
                let values = maps.flatMap { $0 }, truth = masks.flatMap { $0 }
                let aupro = Reference.aupro(maps: maps, masks: masks, width: width, height: height, limit: limit)
                #expect(abs(measures.aupro - aupro) < 1e-9, "limit \(limit), levels \(levels)")
                #expect(abs(measures.auroc - Reference.auroc(values, truth)) < 1e-9)
                #expect(abs(measures.f1Max - Reference.f1Max(values, truth)) < 1e-9)
            }
        }
    }

    @Test func perfect_and_useless_scores_have_their_known_values() {
        let anomalous = [false, false, false, true, true]
        let perfect = Curve(scores: [1, 2, 3, 4, 5], isAnomalous: anomalous)
        #expect(perfect.auroc == 1 && perfect.averagePrecision == 1 && perfect.f1Max.f1 == 1)
        #expect(perfect.f1Max.threshold == 4 && perfect.falsePositiveRate() == 0)
        let constant = Curve(scores: [7, 7, 7, 7, 7], isAnomalous: anomalous)
        #expect(constant.auroc == 0.5 && constant.falsePositiveRate() == 1)
        #expect(abs(constant.averagePrecision - 0.4) < 1e-15)
        #expect(Curve(scores: [5, 4, 3, 2, 1], isAnomalous: anomalous).auroc == 0)
    }

    @Test func one_kind_alone_has_no_area_under_the_curve() {
        #expect(Curve(scores: [1, 2], isAnomalous: [true, true]).auroc.isNaN)
        #expect(Curve(scores: [1, 2], isAnomalous: [false, false]).auroc.isNaN)
        #expect(Curve(scores: [], isAnomalous: []).auroc.isNaN)
        #expect(Metrics.pixels(maps: [[1, 2]], labels: [[0, 0]]).aupro.isNaN)
    }

    @Test func a_small_region_weighs_as_much_as_a_large_one() {
        // One pixel is found, the region of eight is missed: half the regions' overlap at no false positive.
        let labels: [Int32] = [1, 0, 2, 2, 2, 2, 2, 2, 2, 2] + [Int32](repeating: 0, count: 90)
        let map = [9.0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + [Double](repeating: 0, count: 90)
        let measures = Metrics.pixels(maps: [map], labels: [labels])
        // From 0.5 at no false positives in a straight line to 1 at all of them, cut off at 0.3.
        #expect(abs(measures.aupro - (0.5 + 0.5 * 0.3 / 2)) < 1e-12)
    }

    @Test func the_roc_curve_begins_at_the_origin_and_ends_at_one() throws {
        let (curve, _) = try Self.goldenCurve()
        let roc = curve.roc
        #expect(roc.first?.x == 0 && roc.first?.y == 0 && roc.last?.x == 1 && roc.last?.y == 1)
        #expect(zip(roc, roc.dropFirst()).allSatisfy { $0.x <= $1.x && $0.y <= $1.y })
    }
}
