import Foundation
import InspectionDomain
import InspectionPipeline
import LedgerStore
import LinuxPlatform
import Logging

/// Everything that runs while one configuration is in force.
package struct GatewaySession: Sendable {
    package let context: GatewayContext
    let parts: [any GatewayPart]
    private let watch: LedgerWatch
    /// Keeps every other gateway out of the state folder.
    private let lock: FileLock

    /// Opens the gateway's memory and makes the sinks.
    /// - Returns: nil for a configuration without the section `gateway`.
    /// - Throws: `ProgramFailure`, `FileLock.Held`, `DeliveryStoreError`, `SystemError`.
    package init?(
        _ configuration: Configuration, makers: GatewayMakers, credentials: Credentials, logger: Logger,
        progress: ProgressBoard
    ) throws {
        guard let settings = configuration.gateway else { return nil }
        let surroundings = SinkSurroundings(logger: logger, credentials: credentials)
        let sinks = try settings.sinks.map { ReadySink(settings: $0, sink: try makers.sink($0, surroundings)) }
        try FileSystem().makeFolder(RawPath(settings.state), mode: 0o750)
        lock = try FileLock(path: settings.state + "/lock", waits: false)
        let (news, incidents) = (RecordNews(), IncidentLog(logger: logger))
        let reader = RecordReader(path: configuration.ledgerPath)
        context = GatewayContext(
            configuration: configuration, settings: settings, sinks: sinks, reader: reader, news: news,
            memory: DeliveryMemory(try DeliveryStore(path: settings.storePath)), incidents: incidents,
            progress: progress, logger: logger, startedAt: Date().toTheMillisecond)
        parts = try makers.parts(context)
        watch = LedgerWatch(reader: reader, news: news, incidents: incidents, progress: progress.part("ledger"))
    }

    /// Runs until the task is cancelled; messages under way are finished or given up.
    /// - Throws: `SystemThread.LimitReached`.
    package func run() async throws {
        // A task that still holds a copy of this value must not keep the lock.
        defer { lock.release() }
        try await withThrowingTaskGroup { group in
            group.addTask { try await watch.run() }
            group.addTask { await Housekeeping(context: context).run() }
            for sink in context.sinks {
                let runner = SinkRunner(
                    sink: sink, reader: context.reader, memory: context.memory, news: context.news,
                    progress: context.progress,
                    journal: SinkJournal(sink: sink.name, logger: context.logger, incidents: context.incidents))
                group.addTask { await runner.run() }
            }
            for part in parts { group.addTask { await keepUp(part) } }
            defer { group.cancelAll() }
            // None of them ends before it is cancelled, but by an error.
            try await group.waitForAll()
        }
    }

    private func keepUp(_ part: any GatewayPart) async {
        let cause = Cause(.deliveryFailing, part.name)
        await Delivery.keepUp {
            try await part.run()
        } failed: {
            context.incidents.occurred(cause, "\(part.name): \(ExitStatus.message(of: $0)); retrying")
        } ended: {
            context.incidents.ended(cause)
        }
    }

    /// For the log and the service manager.
    var summary: String {
        let names = context.sinks.map(\.name) + parts.map(\.name)
        return names.isEmpty ? "no sink is configured" : "delivering to \(names.joined(separator: ", "))"
    }
}
