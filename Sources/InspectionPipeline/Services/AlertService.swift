import Foundation
import ServiceLifecycle
import Spooling

/// Delivers the outbox to `alerts/new`: at least once, each with the id of its result.
struct AlertService: Service {
    let storage: Storage
    /// Rung when an alert is in the outbox.
    let bell: Bell
    let incidents: IncidentLog
    let roll: RollCall
    let progress: ProgressBoard.Part

    func run() async throws {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await BlockingThread.run("alerts", on: roll, loop)
        } onCancelOrGracefulShutdown: {
            bell.stop()
        }
    }

    private static let undelivered = Cause(.retrying, "alerts")

    @Sendable private func loop() {
        var failures = 0
        while true {
            // One more round after the bell has stopped delivers the last frame's alert.
            let isLast = bell.stopped
            do {
                try deliverAll()
                failures = 0
                incidents.ended(Self.undelivered)
            } catch {
                failures += 1
                incidents.occurred(
                    Self.undelivered,
                    "alerts cannot be delivered: \(error), retrying in \(Int(Backoff.pause(after: failures).inSeconds)) s"
                )
            }
            progress.rest()
            if isLast { return }
            bell.wait(failures == 0 ? .seconds(30) : Backoff.pause(after: failures))
        }
    }

    private func deliverAll() throws {
        while true {
            let alerts = try storage.ledger.pendingAlerts(limit: 100)
            guard !alerts.isEmpty else { return }
            for alert in alerts {
                progress.begin("deliver")
                try storage.spool.deliver(alert)
                try storage.ledger.markDelivered(alert.id)
                CrashPoint.alertMarked.reached()
            }
        }
    }
}
