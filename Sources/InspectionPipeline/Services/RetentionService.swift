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
        let context = context
        try await BlockingThread.rounds("retention", every: Self.interval, on: context.roll, RetentionMemory?.none) {
            Self.apply(context, &$0, $1)
        }
    }

    private static let failed = Cause(.spaceLow, "retention"), tooLittle = Cause(.spaceLow, "space")
    private static let doubtful = Cause(.clockDoubtful, "age")

    /// - Parameter memory: kept in the process too, for when it cannot be written: a full disk is what removing is for.
    private static func apply(_ context: DaemonContext, _ memory: inout RetentionMemory?, _ stop: Bell) {
        let configuration = context.configuration.current
        let policy = configuration.retention
        let retention = Retention(spool: context.spool, files: context.fileSystem)
        do {
            var known: RetentionMemory
            if let memory {
                known = memory
                try retention.observe(&known, context.ledger, .now())
            } else {
                known = try retention.memory(state: configuration.state, ledger: context.ledger)
            }
            defer { memory = known }
            for day in try retention.removeExpired(policy, &known, isStopped: { stop.stopped }) {
                context.logger.event(.removed, .notice, "removed \(day): past its age")
            }
            try forget(configuration, context, &known, stop)
            if let minimum = policy.minFree { try makeRoom(minimum, retention, context, &known, stop) }
            if let doubts = retention.doubts(policy, known) {
                context.incidents.occurred(doubtful, level: .warning, doubts, unit: "day", total: 1)
            } else {
                context.incidents.ended(doubtful)
            }
            try known.write(state: configuration.state, context.fileSystem)
            context.incidents.ended(failed)
        } catch {
            context.incidents.occurred(failed, "removing old results: \(error), retrying in 10 minutes")
        }
    }

    private static func makeRoom(
        _ minimum: Int, _ retention: Retention, _ context: DaemonContext, _ memory: inout RetentionMemory, _ stop: Bell
    ) throws {
        let outcome = try retention.makeRoom(minimum, &memory, isStopped: { stop.stopped })
        let removed: Int
        switch outcome {
        case .enough(let count):
            removed = count
            context.incidents.ended(tooLittle)
        case .givenUp(let count, let why):
            removed = count
            context.incidents.occurred(tooLittle, why)
        }
        guard removed > 0 else { return }
        context.logger.event(
            .removed, .warning,
            "removed the \(removed) oldest results and archived frames to keep \(Quantity.text(bytes: minimum)) free")
    }

    private static func forget(
        _ configuration: Configuration, _ context: DaemonContext, _ memory: inout RetentionMemory, _ stop: Bell
    ) throws {
        guard let age = Retention.ledgerAge(configuration.retention), let limit = memory.forgettable(age) else {
            return
        }
        let kept = Retention.keptLines(configuration)
        var left = memory.allowance("ledger", of: try context.ledger.count(), atLeast: 10_000)
        var (forgotten, last) = (0, 1)
        while last > 0, left > 0, !stop.stopped {
            last = try context.ledger.forget(limit, sparing: kept, most: min(1000, left))
            (forgotten, left) = (forgotten + last, left - last)
            memory.removed("ledger", last)
        }
        guard forgotten > 0 else { return }
        context.logger.event(
            .removed, .notice,
            "removed \(forgotten) inspection(s) from the ledger: their results and archived frames are past their age")
    }
}
