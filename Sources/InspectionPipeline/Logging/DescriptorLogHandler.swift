import Foundation
import InspectionDomain
import LinuxPlatform
import Logging

/// Writes log lines to a file descriptor: readable text, or a JSON object per line.
package struct DescriptorLogHandler: LogHandler {
    package enum Style: Sendable { case text, json }

    package var logLevel: Logger.Level = .info
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let style: Style
    private let output: OutputDescriptor
    /// On a terminal times are local, in files UTC.
    private let isTerminal: Bool

    /// - Parameter output: stays open as long as the program logs.
    package init(style: Style, output: OutputDescriptor = .standardError) {
        self.style = style
        self.output = output
        isTerminal = output.isTerminal
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = event.fields(metadata)
        let line =
            switch style {
            case .text: text(event)
            case .json: json(event, fields)
            }
        output.write(Array((line + "\n").utf8))
    }

    private func text(_ event: LogEvent) -> String {
        let level = event.level >= .warning ? "\(event.level.rawValue): " : ""
        let time = isTerminal ? LocalTime.text(Date()) : DomainJSON.string(from: Date())
        return "\(time) \(level)\(Self.onePiece(event.message.description))"
    }

    /// Escapes control characters, and indents further lines, so that none looks like an entry of its own.
    private static func onePiece(_ message: String) -> String {
        PrintableText.escaped(message, keepsLines: true).replacingOccurrences(of: "\n", with: "\n    ")
    }

    private func json(_ event: LogEvent, _ fields: [String: String]) -> String {
        var object = fields
        object["MESSAGE"] = PrintableText.escaped(event.message.description, keepsLines: true)
        object["PRIORITY"] = String(event.level.syslogPriority)
        object["time"] = DomainJSON.string(from: Date())
        let encoded = try? DomainJSON.encoder(pretty: false).encode(object)
        return encoded.flatMap { String(data: $0, encoding: .utf8) } ?? text(event)
    }
}
