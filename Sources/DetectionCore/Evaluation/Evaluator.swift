import Foundation
import Imaging

/// Tests a fitted and calibrated model on a data set.
package enum Evaluator {
    /// The report, and each test image's score for plots.
    package struct Outcome: Sendable {
        package var report: EvaluationReport
        /// In the order of `dataset.test`, with their maps.
        package let scores: [FrameScore]
    }

    /// Scores the calibration images of a data set: `validation/good`, or the caller's own split.
    package static func calibrate(
        _ model: any DetectorModel, on frames: FrameSource, rule: CalibrationRule, source: String, modelName: String,
        modelVersion: Int, workers: Int, progress: WorkProgress? = nil
    ) throws -> Calibration {
        let scores = try FrameScorer.score(
            frames, model: model, workers: workers, phase: "calibration", progress: progress)
        return try Calibration(
            modelName: modelName, modelVersion: modelVersion, source: source,
            scores: scores.map { ($0.imageScore, $0.mapMaximum) }, rule: rule)
    }

    /// - Parameters:
    ///   - started: the start of the work, for the report's seconds (including the caller's fit).
    package static func test(
        _ model: any DetectorModel, calibration: Calibration, on dataset: Dataset, name: String, started: Date,
        workers: Int, limits: DecodeLimits = .default, intensity: IntensityRange? = nil, progress: WorkProgress? = nil
    ) throws -> Outcome {
        var maskReport = try dataset.checkMasks()
        var frames = FrameSource(files: dataset.test.map(\.file), limits: limits)
        frames.intensity = intensity
        let scores = try FrameScorer.score(
            frames, model: model, workers: workers, keepMaps: true, phase: "test", progress: progress)
        let labels = try masks(of: dataset.test, like: scores, report: &maskReport, workers: workers)
        let subjects = zip(dataset.test, zip(scores, labels)).map {
            Subject(item: $0, score: $1.0, labels: $1.1, calibration: calibration)
        }
        let good = subjects.filter { !$0.item.isAnomalous }
        var defects: [String: EvaluationReport.Measures] = [:]
        for (index, kind) in dataset.defects.enumerated() {
            progress?(index, dataset.defects.count + 1, "metrics")
            defects[kind] = measures(good, subjects.filter { $0.item.kind == kind })
        }
        let total = measures(good, subjects.filter(\.item.isAnomalous))
        progress?(1, 1, "metrics")
        let goodScores = good.map(\.score.imageScore)
        let others = [0.01, 0.05, 0.10].compactMap { rate in
            calibration.thresholds(under: CalibrationRule(rate: rate, confidence: calibration.confidence)).map {
                falseAlarms(goodScores, above: $0.image, promised: rate, n: calibration.n, k: $0.k)
            }
        }
        let flagged = subjects.filter(\.isFlagged)
        var report = EvaluationReport(
            dataset: name, method: model.method.rawValue, backbone: model.backboneName, total: total, defects: defects,
            calibration: calibration, theoreticalThreshold: model.theoreticalThreshold,
            falseAlarmRate: falseAlarms(
                goodScores, above: calibration.imageThreshold, promised: calibration.falseAlarmRate, n: calibration.n,
                k: calibration.k),
            falseAlarmRates: others,
            confusion: EvaluationReport.Confusion(
                truePositives: flagged.count { $0.item.isAnomalous },
                falsePositives: flagged.count { !$0.item.isAnomalous },
                trueNegatives: good.count { !$0.isFlagged },
                falseNegatives: subjects.count { $0.item.isAnomalous && !$0.isFlagged }),
            seconds: Date().timeIntervalSince(started))
        report.masks = maskReport
        let times = scores.compactMap(\.milliseconds).sorted()
        report.frameMilliseconds = times.isEmpty ? nil : times[times.count / 2]
        report.sections = try model.evaluationSections(dataset, workers: workers, progress: progress)
        return Outcome(report: report, scores: scores)
    }

    private struct Subject {
        let item: Dataset.Item
        let score: FrameScore
        /// At the map's size: 0, or the number of the pixel's defect region. Nil for a defect without a mask, or with
        /// an empty one.
        let labels: [Int32]?
        let isFlagged: Bool
        /// Of the regions shown and the mask, at the map's size; nil for images that are not called or have no mask.
        let regionIoU: Double?

        init(item: Dataset.Item, score: FrameScore, labels: [Int32]?, calibration: Calibration) {
            (self.item, self.score, self.labels) = (item, score, labels)
            isFlagged = score.imageScore > calibration.imageThreshold
            guard isFlagged, item.isAnomalous, let labels, let map = score.map else {
                regionIoU = nil
                return
            }
            let threshold = map.regionThreshold(
                isAnomalous: true, isWholeImage: score.isWholeImage, pixelThreshold: calibration.pixelThreshold)
            let shown = RegionMap(
                map, threshold: threshold, halo: map.halo(), width: map.width, height: map.height)
            regionIoU = Metrics.intersectionOverUnion(shown.mask.map { $0 != 0 }, labels.map { $0 != 0 })
        }
    }

    private static func measures(_ good: [Subject], _ defective: [Subject]) -> EvaluationReport.Measures {
        let curve = Metrics.Curve(
            scores: (good + defective).map(\.score.imageScore),
            isAnomalous: good.map { _ in false } + defective.map { _ in true })
        // Defects without a mask do not count in pixel measures.
        let masked = (good + defective).compactMap { subject in
            subject.labels.flatMap { labels in subject.score.map.map { ($0.values.map(Double.init), labels) } }
        }
        let pixels = Metrics.pixels(maps: masked.map(\.0), labels: masked.map(\.1))
        let overlaps = defective.compactMap(\.regionIoU)
        return EvaluationReport.Measures(
            images: defective.count, imageAUROC: curve.auroc.ifNumber, imageF1Max: curve.f1Max.f1.ifNumber,
            imageAveragePrecision: curve.averagePrecision.ifNumber,
            imageFPR95: curve.falsePositiveRate().ifNumber, pixelAUROC: pixels.auroc.ifNumber,
            pixelF1Max: pixels.f1Max.ifNumber, aupro: pixels.aupro.ifNumber,
            regionIoU: overlaps.isEmpty ? nil : overlaps.reduce(0, +) / Double(overlaps.count),
            recall: Double(defective.count(where: \.isFlagged)) / Double(max(1, defective.count)))
    }

    private static func falseAlarms(
        _ scores: [Double], above threshold: Double, promised: Double, n: Int, k: Int
    ) -> EvaluationReport.FalseAlarmRate {
        let flagged = scores.count { $0 > threshold }
        let range = FalseAlarmCount.range(n: n, k: k, m: scores.count)
        return EvaluationReport.FalseAlarmRate(
            promised: promised, measured: Double(flagged) / Double(max(1, scores.count)), n: scores.count,
            flagged: flagged,
            allowed: [range.lowerBound, range.upperBound])
    }

    /// Masks as regions at the maps' size; nil for a defect whose mask is missing or empty.
    private static func masks(
        of items: [Dataset.Item], like scores: [FrameScore], report: inout MaskReport, workers: Int
    ) throws -> [[Int32]?] {
        struct Found {
            var labels: [Int: [Int32]] = [:]
            var empty: [Int] = [], mostlyDefective: [Int] = []
        }
        let parts = try ParallelFrames.run(
            count: items.count, workers: workers, phase: "masks", progress: nil,
            makeWorker: { _ in Found() },
            body: { found, index in
                guard let map = scores[index].map else { return }
                if !items[index].isAnomalous {
                    found.labels[index] = [Int32](repeating: 0, count: map.width * map.height)
                } else if let path = items[index].mask {
                    let mask = try DefectMask(path: path)
                    if mask.share == 0 {
                        found.empty.append(index)
                    } else {
                        found.labels[index] = mask.regions(map.width, map.height)
                    }
                    if mask.share > 0.5 { found.mostlyDefective.append(index) }
                }
            })
        report.empty = parts.flatMap(\.empty).sorted().compactMap { items[$0].mask }
        report.mostlyDefective = parts.flatMap(\.mostlyDefective).sorted().compactMap { items[$0].mask }
        return items.indices.map { index in parts.lazy.compactMap { $0.labels[index] }.first }
    }
}

extension Double {
    /// Nil for NaN: JSON has none.
    package var ifNumber: Double? { isNaN ? nil : self }
}
