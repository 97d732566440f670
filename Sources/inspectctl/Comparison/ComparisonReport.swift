import DetectionCore
import Foundation
import InspectionPipeline

/// The table of `inspectctl compare`, and its recommendation.
struct ComparisonReport: Encodable {
    struct Row: Encodable {
        let method: String
        let backbone: String?
        let inputSize: Int?
        var imageAUROC, pixelAUROC, aupro: Double?
        /// Share of the defective images called at the promised rate.
        var recall: Double?
        var falseAlarms, flawless: Int?
        /// Whether the false alarms lie in the range that chance allows.
        var keepsPromise: Bool?
        var frameMilliseconds, fitSeconds: Double?
        var fitBytes: Int?
        let report: String
        let failure: String?

        enum CodingKeys: String, CodingKey {
            case method, backbone, recall, flawless, report, failure
            case inputSize = "input_size"
            case imageAUROC = "image_AUROC"
            case pixelAUROC = "pixel_AUROC"
            case aupro = "AUPRO"
            case falseAlarms = "false_alarms"
            case keepsPromise = "keeps_promise"
            case frameMilliseconds = "frame_ms"
            case fitSeconds = "fit_seconds"
            case fitBytes = "fit_bytes"
        }

        init(_ combination: Combination, _ outcome: CombinationRunner.Outcome) {
            (method, backbone, inputSize) = (combination.method, combination.backbone, combination.inputSize)
            (report, failure) = (outcome.path, outcome.failure)
            guard let measured = outcome.report else { return }
            (imageAUROC, pixelAUROC) = (measured.total.imageAUROC, measured.total.pixelAUROC)
            (aupro, recall) = (measured.total.aupro, measured.total.recall)
            (falseAlarms, flawless) = (measured.falseAlarmRate.flagged, measured.falseAlarmRate.n)
            keepsPromise = measured.falseAlarmRate.isWithinRange
            (frameMilliseconds, fitSeconds) = (measured.frameMilliseconds, measured.fitSeconds)
            fitBytes = measured.fitBytes
        }

        var name: String {
            Combination(method: method, backbone: backbone, inputSize: inputSize).text
        }
    }

    let dataset: String
    let rows: [Row]
    /// Index of the recommended row; nil if none was evaluated.
    let recommended: Int?

    init(dataset: String, rows: [Row]) {
        (self.dataset, self.rows) = (dataset, rows)
        recommended = Self.recommend(rows)
    }

    /// Recalls that differ by less than this count as equal: then the faster combination is the better one.
    private static let equal = 0.02

    /// The fastest of those that call the most defective images, among those that keep the promise (or among all, if
    /// none does).
    static func recommend(_ rows: [Row]) -> Int? {
        let measured = rows.indices.filter { rows[$0].recall != nil }
        let honest = measured.filter { rows[$0].keepsPromise == true }
        let candidates = honest.isEmpty ? measured : honest
        guard let most = candidates.compactMap({ rows[$0].recall }).max() else { return nil }
        return candidates.filter { (rows[$0].recall ?? 0) >= most - equal }
            .min { (rows[$0].frameMilliseconds ?? .infinity) < (rows[$1].frameMilliseconds ?? .infinity) }
    }

    var text: String {
        var table = Table(
            [
                "method", "backbone", "input", "image_AUROC", "recall", "false alarms", "pixel_AUROC", "AUPRO",
                "ms per frame", "fit", "memory",
            ], numeric: [2, 3, 4, 5, 6, 7, 8, 9, 10])
        for row in rows {
            func number(_ value: Double?, _ digits: Int) -> String {
                value.map { String(format: "%.\(digits)f", $0) } ?? "–"
            }
            let alarms = row.falseAlarms.map { "\($0) of \(row.flawless ?? 0)" } ?? "–"
            table.add([
                row.method, row.backbone.map { URL(fileURLWithPath: $0).lastPathComponent } ?? "its own",
                row.inputSize.map(String.init) ?? "usual", number(row.imageAUROC, 4), number(row.recall, 4),
                alarms + (row.keepsPromise == false ? " OUTSIDE" : ""), number(row.pixelAUROC, 4),
                number(row.aupro, 4), number(row.frameMilliseconds, 1),
                row.fitSeconds.map { String(format: "%.1f s", $0) } ?? "–",
                row.fitBytes.map { "\($0 >> 20) MiB" } ?? "–",
            ])
        }
        let failures = rows.compactMap { row in row.failure.map { "\nfailed: \(row.name): \($0)" } }
        let advice =
            recommended.map { index in
                "\n\nrecommended: \(rows[index].name) (the fastest of those whose recall is within "
                    + "\(Int(Self.equal * 100)) points of the best, with false alarms as promised)"
            } ?? ""
        return table.text + failures.joined() + advice
    }
}
