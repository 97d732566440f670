import Logging

/// The kinds of events the daemon logs. Each has a message id, so that `journalctl MESSAGE_ID=…` finds them all.
///
/// An id is never given to another kind. `systemd/inspectd.catalog` and `docs/OPERATIONS.md` explain every one.
package enum EventKind: String, Sendable, CaseIterable {
    case starting = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d001"
    case ready = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d002"
    case stopped = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d004"
    case reloaded = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d005"
    case reloadRefused = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d006"
    case modelLoaded = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d007"
    case modelRefused = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d008"
    case recovered = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d009"
    case normal = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d010"
    case anomaly = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d011"
    case unreadable = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d012"
    case retrying = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d013"
    case folderUnavailable = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d015"
    case removed = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d017"
    case failed = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d018"
    case stuck = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d019"
    case spaceLow = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d020"
    case intakeStopped = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d021"
    case intakeResumed = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d022"
    case calibrationExpired = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d023"
    case lineDown = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d025"
    case ledgerRestored = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d026"
    case overwritten = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d030"
    case unlikeFitted = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d031"
    case clockDoubtful = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d041"
    case crashed = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d040"
    case gatewayReady = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d060"
    case sinkAdded = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d061"
    case sinkMoved = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d062"
    case deliveryFailing = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d063"
    case messageRefused = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d064"
    case removedUndelivered = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d065"
    case sinkOutput = "3f2f1f8c5a0e4c1f9d7b0a6e21c4d066"
}

/// Names of the fields beside a message, the same in the journal and in JSON lines.
package enum LogField {
    package static let messageID = "MESSAGE_ID"
    package static let line = "INSPECTD_LINE"
    package static let frame = "INSPECTD_FRAME"
    package static let resultID = "INSPECTD_RESULT_ID"
    package static let verdict = "INSPECTD_VERDICT"
    package static let score = "INSPECTD_SCORE"
    package static let threshold = "INSPECTD_THRESHOLD"
    package static let sink = "INSPECTD_SINK"
}

extension Logger {
    /// Logs an event of a kind with the fields that dashboards rely on.
    package func event(
        _ kind: EventKind, _ level: Level = .info, _ message: @autoclosure () -> String,
        fields: @autoclosure () -> [String: String] = [:]
    ) {
        guard level >= logLevel else { return }
        var metadata: Metadata = [LogField.messageID: .string(kind.rawValue)]
        for (key, value) in fields() { metadata[key] = .string(value) }
        log(level: level, "\(message())", metadata: metadata)
    }
}
