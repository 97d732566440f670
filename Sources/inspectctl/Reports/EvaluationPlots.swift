import DetectionCore
import Foundation
import Imaging
import InspectionPlots

/// The evaluation's plots: ROC, score histogram, and the worst mistakes as overlays.
enum EvaluationPlots {
    private static let mistakes = 12

    static func files(_ outcome: Evaluator.Outcome, dataset: Dataset, intensity: IntensityRange?) throws -> [ReportFile]
    {
        let report = outcome.report
        let labels = dataset.test.map(\.isAnomalous)
        let scores = outcome.scores.map(\.imageScore)
        let curve = Metrics.Curve(scores: scores, isAnomalous: labels)
        let confusion = report.confusion
        let operating = (
            x: Double(confusion.falsePositives) / Double(max(1, confusion.falsePositives + confusion.trueNegatives)),
            y: Double(confusion.truePositives) / Double(max(1, confusion.truePositives + confusion.falseNegatives))
        )
        let title = "\(report.dataset): \(report.method) on \(report.backbone)"
        let roc = Charts.roc(curve.roc, auroc: curve.auroc, operating: operating, title: title)
        let histogram = Charts.scoreHistogram(
            normal: zip(scores, labels).filter { !$0.1 }.map(\.0),
            anomalous: zip(scores, labels).filter(\.1).map(\.0), threshold: report.threshold, title: title)
        let mistakes = ContactSheet.draw(try worst(outcome, dataset, intensity), title: "\(title): worst mistakes")
        return [
            ReportFile("roc.svg", roc.data), ReportFile("histogram.svg", histogram.data),
            try ReportFile("mistakes.png", png: mistakes),
        ]
    }

    /// False alarms and missed defects, those farthest from the threshold first.
    private static func worst(
        _ outcome: Evaluator.Outcome, _ dataset: Dataset, _ intensity: IntensityRange?
    ) throws -> [ContactSheet.Entry] {
        let threshold = outcome.report.threshold
        let wrong = zip(dataset.test, outcome.scores).filter { item, score in
            item.isAnomalous != (score.imageScore > threshold)
        }
        let ranked = wrong.sorted { abs($0.1.imageScore - threshold) > abs($1.1.imageScore - threshold) }
        return try ranked.prefix(mistakes).map { item, score in
            let frame = try FrameSource(files: [item.file]).frame(0).stretched(intensity)
            return ContactSheet.Entry(
                frame: heated(frame, score.map, outcome.report.pixelThreshold),
                caption: item.isAnomalous ? "missed: \(item.kind)" : "false alarm",
                detail: "\(URL(fileURLWithPath: item.path).lastPathComponent)  score \(Output.score(score.imageScore))",
                colour: item.isAnomalous ? .orange : .blue)
        }
    }

    static func heated(_ frame: Frame, _ map: AnomalyMap?, _ pixelThreshold: Double) -> Frame {
        guard let map else { return frame }
        let findings = Overlay.Findings(
            map: map.values, mapWidth: map.width, mapHeight: map.height, pixelThreshold: Float(pixelThreshold))
        return Overlay.draw(
            frame: frame, findings: findings, caption: Overlay.Caption(verdict: "", colour: .white, details: []))
    }
}
