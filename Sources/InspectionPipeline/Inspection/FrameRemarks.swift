import Logging
import Spooling
import Synchronization

/// Logs the ways in which a line's frames differ from the images that its model was fitted on: each once per model
/// version, because every result carries the remark on its own frame.
final class FrameRemarks: Sendable {
    private struct Key: Hashable {
        let line: String, model: String, version: Int, kind: FittedImages.Difference
    }

    private let told = Mutex<Set<Key>>([])
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    func tell(_ examination: Examination, of claim: Claim) {
        let model = examination.model
        for (kind, text) in examination.differences {
            let key = Key(line: claim.line, model: model.name, version: model.version, kind: kind)
            guard told.withLock({ $0.insert(key).inserted }) else { continue }
            logger.event(
                .unlikeFitted, .warning,
                "line \(claim.line): \(claim.original): \(text). Further such frames have this remark in their result.json only",
                fields: [LogField.line: claim.line, LogField.frame: claim.original.description])
        }
    }
}
