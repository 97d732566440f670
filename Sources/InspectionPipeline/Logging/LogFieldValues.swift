import Logging

extension Logger.Level {
    /// The priority in syslog and the journal: 3 is an error, 7 is for debugging.
    var syslogPriority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

extension LogEvent {
    /// The fields beside the message: the handler's own, overridden by the event's.
    func fields(_ handler: Logger.Metadata) -> [String: String] {
        var fields = handler.merging(metadata ?? [:]) { $1 }.mapValues(\.description)
        if let error { fields["error"] = "\(error)" }
        return fields
    }
}
