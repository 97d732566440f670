import InspectionDomain
import LinuxPlatform
import Logging

/// Reports the outcome of frames to the counts, the log, and the service that delivers alerts.
struct OutcomeLog: Sendable {
    let counters: Counters
    let alertBell: Bell
    let logger: Logger

    func tell(_ outcome: FrameInspector.Outcome, of frame: ClaimedFrame) {
        switch outcome {
        case .inspected(let inspection, let folder):
            counters.count(inspection.verdict)
            tell(inspection, folder)
        case .finished(let inspection, let folder):
            logger.event(
                .recovered, .notice, "\(frame.original): already inspected; completing its last move",
                fields: [LogField.line: frame.line.name, LogField.frame: frame.original.description])
            // It is unknown whether the outcome was reported before.
            if !frame.isSuspect { counters.count(inspection.verdict) }
            tell(inspection, folder)
        case .gone: break
        }
    }

    private func tell(_ inspection: Inspection, _ folder: RawPath) {
        var fields = [
            LogField.line: inspection.line, LogField.frame: inspection.image.path,
            LogField.resultID: inspection.resultID, LogField.verdict: inspection.verdict.rawValue,
        ]
        fields[LogField.score] = inspection.imageScore.map { "\($0)" }
        fields[LogField.threshold] = inspection.imageThreshold.map { "\($0)" }
        let (score, threshold) = (inspection.imageScore ?? .nan, inspection.imageThreshold ?? .nan)
        let numbers =
            "score \(score.scoreText), threshold \(threshold.scoreText)"
            + (inspection.isWholeImage == true ? ", whole image" : "")
        switch inspection.verdict {
        case .normal:
            logger.event(
                .normal, .info, "\(inspection.line): \(inspection.image.path) normal, \(numbers)", fields: fields)
        case .anomalous:
            logger.event(
                .anomaly, .warning, "\(inspection.line): \(inspection.image.path) ANOMALOUS, \(numbers): \(folder)",
                fields: fields)
        case .error:
            logger.event(
                .unreadable, .error,
                "\(inspection.line): \(inspection.image.path) set aside (\(inspection.error?.code ?? "")): "
                    + (inspection.error?.message ?? ""), fields: fields)
        }
        if inspection.verdict != .normal { alertBell.ring() }
    }
}
