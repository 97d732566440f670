import Foundation
import InspectionDomain
import LedgerStore
import Logging
import ServiceLifecycle

/// Applies the retention policy at the start and every ten minutes, and logs the removals.
struct RetentionService: Service {
    let configuration: ActiveConfiguration
    let storage: Storage
    let logger: Logger
    let incidents: IncidentLog
    let roll: RollCall

    static let interval = Duration.seconds(600)

    func run() async throws {
        try await BlockingThread.rounds("retention", every: Self.interval, on: roll, RetentionMemory?.none) {
            apply(&$0, $1)
        }
    }

    private static let failed = Cause(.spaceLow, "retention"), tooLittle = Cause(.spaceLow, "space")
    private static let doubtful = Cause(.clockDoubtful, "age")

    /// - Parameter memory: kept in the process too, in case it cannot be written: the disk may be full.
    private func apply(_ memory: inout RetentionMemory?, _ stop: Bell) {
        let configuration = configuration.current
        let policy = configuration.retention
        do {
            let hold = try DeliveryHold(configuration, storage.ledger)
            let retention = Retention(spool: storage.spool, files: storage.files, hold: hold)
            var known: RetentionMemory
            if let memory {
                known = memory
                try retention.observe(&known, storage.ledger, .now())
            } else {
                known = try retention.memory(state: configuration.state, ledger: storage.ledger)
            }
            defer { memory = known }
            for day in try retention.removeExpired(policy, &known, isStopped: { stop.stopped }) {
                let key = day.description.dropFirst(storage.spool.root.description.count + 1)
                if hold.holds(String(key)) {
                    report(undelivered: "removed \(day): past its age", hold)
                } else {
                    logger.event(.removed, .notice, "removed \(day): past its age")
                }
            }
            try forget(configuration, hold, &known, stop)
            if let minimum = policy.minFree { try makeRoom(minimum, retention, &known, stop) }
            if let doubts = retention.doubts(policy, known) {
                incidents.occurred(Self.doubtful, level: .warning, doubts, unit: "day", total: 1)
            } else {
                incidents.ended(Self.doubtful)
            }
            try known.write(state: configuration.state, storage.files)
            incidents.ended(Self.failed)
        } catch {
            incidents.occurred(Self.failed, "old results cannot be removed: \(error), retrying in 10 minutes")
        }
    }

    private func makeRoom(
        _ minimum: Int, _ retention: Retention, _ memory: inout RetentionMemory, _ stop: Bell
    ) throws {
        let outcome = try retention.makeRoom(minimum, &memory, isStopped: { stop.stopped })
        let removed: Int
        switch outcome {
        case .enough(let count):
            removed = count
            incidents.ended(Self.tooLittle)
        case .givenUp(let count, let why):
            removed = count
            incidents.occurred(Self.tooLittle, why)
        }
        guard removed > 0 else { return }
        logger.event(
            .removed, .warning,
            "removed the \(removed) oldest results and archived frames to keep \(Quantity.text(bytes: minimum)) free")
    }

    /// Tells that a sink will never have something: it was kept as long as the configuration says.
    private func report(undelivered what: String, _ hold: DeliveryHold) {
        logger.event(
            .removedUndelivered, .error,
            "\(what), and kept \(Quantity.text(hold.time)) longer for the gateway, whose sinks "
                + "\(hold.sinks.joined(separator: ", ")) have not had all of it; see inspectctl status, and gateway.hold"
        )
    }

    /// First what every sink has had, then what was held long enough.
    private func forget(
        _ configuration: Configuration, _ hold: DeliveryHold, _ memory: inout RetentionMemory, _ stop: Bell
    ) throws {
        guard let age = Retention.ledgerAge(configuration.retention), var limit = memory.forgettable(age) else {
            return
        }
        limit.heldSequence = hold.sequence
        let forgotten = try forget(limit, configuration, &memory, stop)
        if forgotten > 0 {
            logger.event(
                .removed, .notice,
                "removed \(Quantity.text(forgotten, of: "inspection")) from the ledger, older than their results' retention "
                    + "age")
        }
        guard hold.sequence != nil, let later = memory.forgettable(age + hold.time) else { return }
        let lost = try forget(later, configuration, &memory, stop)
        guard lost > 0 else { return }
        report(undelivered: "removed \(Quantity.text(lost, of: "inspection")) from the ledger: past their age", hold)
    }

    /// - Returns: the number removed.
    private func forget(
        _ limit: ForgettingLimit, _ configuration: Configuration, _ memory: inout RetentionMemory, _ stop: Bell
    ) throws -> Int {
        let kept = Retention.keptLines(configuration)
        var left = memory.allowance("ledger", of: try storage.ledger.count(), atLeast: 10_000)
        var (forgotten, last) = (0, 1)
        while last > 0, left > 0, !stop.stopped {
            last = try storage.ledger.forget(limit, sparing: kept, most: min(1000, left))
            (forgotten, left) = (forgotten + last, left - last)
            memory.removed("ledger", last)
        }
        return forgotten
    }
}
