import Delivery
import DeliverySinks
import Foundation
import InspectionPipeline
import Logging
import Synchronization
import Testing

/// A sink as the gateway makes it, and a message for it.
enum MadeSink {
    static func make(
        _ kind: SinkSettings.Kind, credentials: Credentials = Credentials(folder: nil), log: Lines? = nil
    ) throws -> any Sink {
        let logger = Logger(label: "test") { _ in LineHandler(lines: log) }
        return try SinkRegistry.makers.sink(
            SinkSettings(name: "made", kind: kind), SinkSurroundings(logger: logger, credentials: credentials))
    }

    /// Uses the sink while it runs, as the gateway does.
    static func with<Value: Sendable>(_ sink: any Sink, _ body: () async throws -> Value) async throws -> Value {
        let run = Task { try await sink.run() }
        do {
            let value = try await body()
            run.cancel()
            try await run.value
            return value
        } catch {
            run.cancel()
            _ = await run.result
            throw error
        }
    }

    static func message() throws -> OutgoingMessage {
        try OutgoingMessage(
            testOf: SinkSettings(name: "made", kind: .command(CommandSettings(program: "/"))), lines: ["plate"])
    }

    /// The lines of a log.
    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func append(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    private struct LineHandler: LogHandler {
        let lines: Lines?
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines?.append(event.message.description) }
    }
}

/// Records an issue where a function returns.
func wrong(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
    Issue.record("\(text)", sourceLocation: sourceLocation)
}
