import InspectionDomain
import LinuxPlatform
import Logging

/// Writes log entries to the journal with their fields, so that `journalctl INSPECTD_VERDICT=anomalous` finds them.
package struct JournalLogHandler: LogHandler {
    package var logLevel: Logger.Level = .info
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    package init() {}

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields: [String: String] = [:]
        for (key, value) in event.fields(metadata) { fields[Self.fieldName(key)] = value }
        let message = PrintableText.escaped(event.message.description, keepsLines: true)
        Journal.send(message, priority: event.level.syslogPriority, fields: fields)
    }

    /// The journal takes upper-case letters, digits and underscores, not beginning with an underscore.
    private static func fieldName(_ key: String) -> String {
        let name = String(key.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        return name == key ? name : "INSPECTD_" + name
    }
}
