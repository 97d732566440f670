import Foundation
import Imaging
import InspectionDomain

extension Overlay.Caption {
    /// The facts that make an overlay traceable on its own, printed or mailed: verdict, score, line, frame, time,
    /// model.
    ///
    /// - Parameter timeZone: people read the time of their wall clock; files keep UTC.
    package init(_ inspection: Inspection, timeZone: TimeZone = .current) {
        let isAnomalous = inspection.verdict == .anomalous
        let isWrongProduct = inspection.gate?.passed == false
        var details = [Self.score(of: inspection)]
        if inspection.isWholeImage == true { details.append("whole image") }
        if let product = inspection.gate?.product ?? inspection.product {
            details.append("\(product.name) \(Int((product.confidence * 100).rounded())) %")
        }
        if !inspection.line.isEmpty { details.append("line \(inspection.line)") }
        details.append((inspection.image.path as NSString).lastPathComponent)
        details.append(Self.time(inspection.createdAt, in: timeZone))
        if let model = inspection.model { details.append("\(model.name) v\(model.version)") }
        self.init(
            verdict: isWrongProduct ? "WRONG PRODUCT" : isAnomalous ? "ANOMALOUS" : "NORMAL",
            colour: isAnomalous ? .red : .green, details: details)
    }

    /// In the unit of the heat scale: as a multiple of its threshold, with as many digits as show on which side of it
    /// the score is.
    private static func score(of inspection: Inspection) -> String {
        guard let score = inspection.imageScore, let threshold = inspection.imageThreshold else { return "" }
        let multiple = score / threshold
        guard threshold > 0, threshold.isFinite, multiple.isFinite else {
            return "score \(score.scoreText) (threshold \(threshold.scoreText))"
        }
        let digits = (3...16).first { digits in
            let rounded = Double(String(format: "%.\(digits)g", multiple)) ?? multiple
            return (rounded > 1, rounded < 1) == (multiple > 1, multiple < 1)
        }
        return "score \(String(format: "%.\(digits ?? 17)g", multiple)) × threshold"
    }

    /// `2026-01-31 09:15:30 +01:00`.
    private static func time(_ date: Date, in timeZone: TimeZone) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        let offset = timeZone.secondsFromGMT(for: date) / 60
        return String(
            format: "%04d-%02d-%02d %02d:%02d:%02d %@%02d:%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0,
            parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0, offset < 0 ? "-" : "+", abs(offset) / 60,
            abs(offset) % 60)
    }
}
