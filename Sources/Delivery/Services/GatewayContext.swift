import Foundation
import InspectionDomain
import InspectionPipeline
import LedgerStore
import LinuxPlatform
import Logging

/// The values that the parts of the running gateway share.
package struct GatewayContext: Sendable {
    package let configuration: Configuration
    package let settings: GatewaySettings
    package let sinks: [ReadySink]
    package let reader: RecordReader
    package let news: RecordNews
    package let memory: DeliveryMemory
    package let incidents: IncidentLog
    package let progress: ProgressBoard
    package let logger: Logger
    package let startedAt: Date

    /// How far each sink has got, as of now.
    /// - Throws: `LedgerError`, `DeliveryStoreError`, `SystemError`.
    package func report() async throws -> GatewayReport {
        var report = GatewayReport(pid: ProcessInfo.processInfo.processIdentifier, startedAt: startedAt)
        for ready in sinks {
            let name = ready.name
            guard let (counts, positions) = try await memory({ try Self.facts($0, name) }) else { continue }
            var sink = GatewayReport.Sink(name: name, positions: positions)
            (sink.delivered, sink.retried, sink.dead) = (counts.delivered, counts.retried, counts.dead)
            (sink.lastDelivered, sink.lastError, sink.lastErrorAt) =
                (counts.lastDelivered, counts.lastError, counts.lastErrorAt)
            if try FileSystem().exists(RawPath(reader.path)) {
                let (filter, known) = (ready.settings.filter, sink)
                sink = try await reader.read { ledger in
                    var sink = known
                    try sink.count(filter, in: ledger)
                    return sink
                }
            }
            report.sinks.append(sink)
        }
        return report
    }

    private static func facts(_ store: DeliveryStore, _ sink: String) throws -> (SinkCounts, SinkPositions)? {
        guard let counts = try store.counts(sink: sink), let positions = try store.positions(sink: sink) else {
            return nil
        }
        return (counts, positions)
    }
}

/// Something that the gateway does beside delivering: answers scrapes, takes commands. It runs as long as the
/// configuration is in force, and is made anew by a reload.
package protocol GatewayPart: Sendable {
    /// Names it in messages.
    var name: String { get }

    /// Returns when its task is cancelled, and has closed everything then. Called again after a pause when it throws.
    func run() async throws
}

/// Makes the parts that a configuration asks for; none when it asks for none.
/// - Throws: `ProgramFailure` for what the configuration names and the machine lacks.
package typealias PartMaker = @Sendable (GatewayContext) throws -> [any GatewayPart]
