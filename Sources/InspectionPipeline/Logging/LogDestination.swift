import Foundation
import LinuxPlatform
import Logging

/// The destination of the daemon's log: the journal when systemd started it, else stderr.
package enum LogDestination: String, Sendable, CaseIterable {
    case journal, json, text

    /// - Parameter wanted: the user's choice; nil for the journal where there is one, else readable text.
    package static func choose(_ wanted: LogDestination?) -> LogDestination {
        wanted ?? (Journal.isConnected ? .journal : .text)
    }

    package func logger(level: Logger.Level = .info) -> Logger {
        var logger = Logger(label: "inspectd") { _ in
            switch self {
            case .journal: JournalLogHandler()
            case .json: DescriptorLogHandler(style: .json)
            case .text: DescriptorLogHandler(style: .text)
            }
        }
        logger.logLevel = level
        return logger
    }
}
