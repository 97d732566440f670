import Foundation
import InspectionDomain
import LedgerStore
import Logging
import ServiceLifecycle

/// Applies the configuration's retention at the start and every ten minutes, and says what it removed.
struct RetentionService: Service {
    let context: DaemonContext
    static let interval = Duration.seconds(600)

    func run() async throws {
        let bell = Bell()
        let context = context
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await BlockingThread.run("retention", on: context.roll) {
                while !bell.stopped {
                    Self.apply(context, bell)
                    bell.wait(Self.interval)
                }
            }
        } onCancelOrGracefulShutdown: {
            bell.stop()
        }
    }

    private static let failed = Cause(.spaceLow, "retention"), tooLittle = Cause(.spaceLow, "space")

    private static func apply(_ context: DaemonContext, _ stop: Bell) {
        let policy = context.configuration.current.retention
        let retention = Retention(spool: context.spool, files: context.fileSystem)
        let logger = context.logger
        do {
            for day in try retention.removeExpired(policy, isStopped: { stop.stopped }) {
                logger.event(.removed, .notice, "removed \(day.path): older than \(Quantity.text(day.age))")
            }
            try forget(policy, context, stop)
            context.incidents.ended(failed)
            guard let minimum = policy.minFree else { return }
            let removed = try retention.makeRoom(minimum, isStopped: { stop.stopped })
            if removed > 0 {
                logger.event(
                    .removed, .warning,
                    "removed the \(removed) oldest results and archived frames to keep \(Quantity.text(bytes: minimum)) free"
                )
            }
            let free = try context.spool.freeSpace()
            guard free < minimum, !stop.stopped else { return context.incidents.ended(tooLittle) }
            context.incidents.occurred(
                tooLittle,
                "only \(Quantity.text(bytes: free)) free in \(context.spool.root), \(Quantity.text(bytes: minimum)) wanted, "
                    + "and nothing left to remove; make room, or lower retention.min_free")
        } catch {
            context.incidents.occurred(failed, "removing old results: \(error), retrying in 10 minutes")
        }
    }

    private static func forget(_ policy: Configuration.Retention, _ context: DaemonContext, _ stop: Bell) throws {
        guard let limit = Retention.ledgerLimit(policy) else { return }
        let kept = Retention.keptLines(context.configuration.current)
        var (forgotten, last) = (0, 1)
        while last > 0, !stop.stopped {
            last = try context.ledger.forget(before: limit, sparing: kept)
            forgotten += last
        }
        guard forgotten > 0 else { return }
        context.logger.event(
            .removed, .notice,
            "removed \(forgotten) inspection(s) from the ledger: made before \(DomainJSON.string(from: limit))")
    }
}
