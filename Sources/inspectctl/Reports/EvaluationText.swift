import DetectionCore
import DetectionMethods
import Foundation

/// The evaluation's report as tables.
enum EvaluationText {
    static func text(_ report: EvaluationReport, _ calibration: Calibration) -> String {
        var table = Table(
            [
                "defect", "images", "image_AUROC", "image_F1Max", "pixel_AUROC", "pixel_F1Max",
                "AUPRO@\(number(report.auproLimit, 2))", "region_IoU", "recall",
            ], numeric: [1, 2, 3, 4, 5, 6, 7, 8])
        for (kind, measures) in report.defects.sorted(by: { $0.key < $1.key }) { table.add(row(kind, measures)) }
        table.add(row("all", report.total))
        let confusion = report.confusion
        var rates = Table(["promised", "measured", "flagged", "allowed by chance (95 %)"], numeric: [0, 1, 2, 3])
        for rate in [report.falseAlarmRate]
            + report.falseAlarmRates.filter({ $0.promised != report.falseAlarmRate.promised })
        {
            rates.add([
                Output.percent(rate.promised), Output.percent(rate.measured), "\(rate.flagged) of \(rate.n)",
                "\(rate.allowed.first ?? 0)…\(rate.allowed.last ?? 0)" + (rate.isWithinRange ? "" : "  OUTSIDE"),
            ])
        }
        let theory = report.theoreticalThreshold.map { ", chi-square \(Output.score($0))" } ?? ""
        return """
            \(report.dataset): \(report.method) on \(report.backbone), \(String(format: "%.1f", report.seconds)) s

            \(table.text)

            image_AP \(number(report.total.imageAveragePrecision)), FPR at 95 % TPR \(number(report.total.imageFPR95))

            threshold \(Output.score(report.threshold)) (the \(report.k)-th of \(report.calibrationImages) scores\(theory)), \
            pixel threshold \(Output.score(report.pixelThreshold))
            promise: \(calibration.promise)

                          called anomalous  called normal
              defective  \(pad(confusion.truePositives, 17))  \(pad(confusion.falseNegatives, 13))
              flawless   \(pad(confusion.falsePositives, 17))  \(pad(confusion.trueNegatives, 13))
              precision \(number(confusion.precision)), recall \(number(confusion.recall)), F1 \(number(confusion.f1))

            false-alarm rate
            \(rates.text)
            """ + (report.masks?.remarks ?? []).map { "\nnote: \($0)" }.joined()
    }

    /// The totals of the pretrained and the fine-tuned network, side by side.
    static func comparison(
        _ before: EvaluationReport.Measures, _ after: EvaluationReport.Measures, _ limit: Double
    ) -> String {
        var table = Table(["measure", "before", "after"], numeric: [1, 2])
        let rows: [(String, KeyPath<EvaluationReport.Measures, Double?>)] = [
            ("image_AUROC", \.imageAUROC), ("image_F1Max", \.imageF1Max), ("pixel_AUROC", \.pixelAUROC),
            ("pixel_F1Max", \.pixelF1Max), ("AUPRO@\(number(limit, 2))", \.aupro),
            ("region_IoU", \.regionIoU),
        ]
        for (name, value) in rows { table.add([name, number(before[keyPath: value]), number(after[keyPath: value])]) }
        table.add(["recall", number(before.recall), number(after.recall)])
        return table.text
    }

    private static func row(_ kind: String, _ measures: EvaluationReport.Measures) -> [String] {
        [
            kind, String(measures.images), number(measures.imageAUROC), number(measures.imageF1Max),
            number(measures.pixelAUROC), number(measures.pixelF1Max), number(measures.aupro),
            number(measures.regionIoU), number(measures.recall),
        ]
    }

    private static func number(_ value: Double?, _ digits: Int = 4) -> String {
        value.map { String(format: "%.\(digits)f", $0) } ?? "–"
    }

    private static func pad(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
