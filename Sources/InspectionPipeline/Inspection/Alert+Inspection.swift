import InspectionDomain

extension Alert {
    /// The alert of an inspection; nil for a normal one.
    init?(about inspection: Inspection, resultPath: String) {
        let kind: Kind
        let message: String
        switch inspection.verdict {
        case .normal: return nil
        case .anomalous where inspection.gate?.passed == false:
            kind = .wrongProduct
            message = "line \(inspection.line): wrong product: \(inspection.gate?.reason ?? "")"
        case .anomalous:
            kind = .anomaly
            let (score, threshold) = (inspection.imageScore ?? .nan, inspection.imageThreshold ?? .nan)
            message = "line \(inspection.line): score \(score.scoreText) above the threshold \(threshold.scoreText)"
        case .error:
            kind = .unreadable
            message = "line \(inspection.line): \(inspection.error?.message ?? "the frame cannot be inspected")"
        }
        self.init(
            id: inspection.resultID, kind: kind, line: inspection.line, createdAt: inspection.createdAt,
            verdict: inspection.verdict, message: message, imageScore: inspection.imageScore,
            imageThreshold: inspection.imageThreshold, resultPath: resultPath, imagePath: inspection.image.path)
    }
}
