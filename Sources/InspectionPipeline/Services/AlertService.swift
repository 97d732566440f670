import Foundation
import ServiceLifecycle
import Spooling

/// Delivers the outbox to `alerts/new`: at least once, each with the id of its result.
struct AlertService: Service {
    let context: DaemonContext

    func run() async throws {
        let context = context
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await BlockingThread.run("alerts", on: context.roll) { Self.loop(context) }
        } onCancelOrGracefulShutdown: {
            context.alertBell.stop()
        }
    }

    private static let undelivered = Cause(.retrying, "alerts")

    private static func loop(_ context: DaemonContext) {
        var failures = 0
        while true {
            // Once more after the bell has stopped: the last frame's alert goes out too.
            let isLast = context.alertBell.stopped
            do {
                try deliverAll(context)
                failures = 0
                context.incidents.ended(undelivered)
            } catch {
                failures += 1
                context.incidents.occurred(
                    undelivered,
                    "alerts cannot be delivered: \(error), retrying in \(Int(Pending.pause(after: failures).inSeconds)) s"
                )
            }
            context.progress.rest("alerts")
            if isLast { return }
            context.alertBell.wait(failures == 0 ? .seconds(30) : Pending.pause(after: failures))
        }
    }

    private static func deliverAll(_ context: DaemonContext) throws {
        while true {
            let alerts = try context.ledger.pendingAlerts(limit: 100)
            guard !alerts.isEmpty else { return }
            for alert in alerts {
                context.progress.begin("deliver", part: "alerts")
                try context.spool.deliver(alert)
                try context.ledger.markDelivered(alert.id)
                CrashPoint.alertMarked.reached()
            }
        }
    }
}
