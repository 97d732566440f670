import Foundation
import Logging
import ServiceLifecycle

/// What is looked after once a second, on a thread of its own because it reads and writes files: lines that are down, summaries of
/// repeated causes, and `daemon.json`.
struct HousekeepingService: Service {
    let context: DaemonContext
    static let interval = Duration.seconds(1)

    func run() async throws {
        let context = context
        try await BlockingThread.rounds("housekeeping", every: Self.interval, on: context.roll, ()) { _, _ in
            Self.round(context)
        }
    }

    private static let unwritten = Cause(.retrying, "daemon.json")

    private static func round(_ context: DaemonContext) {
        context.incidents.tick()
        context.health.retry(context.configuration.current)
        do {
            try context.board.write(context)
            context.incidents.ended(unwritten)
        } catch {
            context.incidents.occurred(
                unwritten, "the daemon's report for `inspectctl status` cannot be written: \(error), retrying")
        }
    }
}
