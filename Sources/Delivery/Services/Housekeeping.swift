import InspectionDomain
import InspectionPipeline
import LedgerStore
import LinuxPlatform
import Logging

/// The chores of every half second: requests of operators, `gateway.json`, summaries of repeated causes.
struct Housekeeping: Sendable {
    let context: GatewayContext

    private static let interval = Duration.milliseconds(500)
    private static let requests = Cause(.retrying, "requests"), unwritten = Cause(.retrying, "gateway.json")

    /// Runs until the task is cancelled.
    func run() async {
        var written: GatewayReport?
        await withDiscardingTaskGroup { tests in
            var started: Set<Int64> = []
            while !Task.isCancelled {
                context.incidents.tick()
                do {
                    for request in try await openRequests() where started.insert(request.number).inserted {
                        tests.addTask { await answer(request) }
                    }
                    context.incidents.ended(Self.requests)
                } catch {
                    context.incidents.occurred(
                        Self.requests, "requests of inspectctl cannot be read: \(error), retrying")
                }
                await report(&written)
                try? await Task.sleep(for: Self.interval)
            }
        }
        // The positions of the end, which hold until the next start.
        await report(&written)
    }

    /// Wakes the lanes with dead letters to send again.
    /// - Returns: the tests that are asked for.
    private func openRequests() async throws -> [TestRequest] {
        let names = context.sinks.map(\.name)
        let (tests, hasRetries) = try await context.memory { store in
            (try store.openTests(), try names.contains { try !store.linesToRetry(sink: $0).isEmpty })
        }
        if hasRetries { context.news.wake() }
        return tests
    }

    private func answer(_ request: TestRequest) async {
        let outcome: DeliveryOutcome
        if let ready = context.sinks.first(where: { $0.name == request.sink }) {
            outcome = await test(ready)
        } else {
            outcome = .refused("the running gateway has no such sink; reload it (systemctl reload inspectd-gateway)")
        }
        do {
            try await context.memory { store in
                switch outcome {
                case .delivered: try store.answer(request, isDelivered: true, "delivered")
                case .failed(let reason, _), .refused(let reason):
                    try store.answer(request, isDelivered: false, reason)
                }
            }
        } catch {
            context.incidents.occurred(Self.requests, "the outcome of a test cannot be written: \(error)")
        }
    }

    private func test(_ ready: ReadySink) async -> DeliveryOutcome {
        do {
            let lines = context.configuration.lines.map(\.name)
            return await Attempts(ready, progress: context.progress).run(
                try OutgoingMessage(testOf: ready.settings, lines: lines))
        } catch {
            return .refused("the test message cannot be made: \(error)")
        }
    }

    private func report(_ written: inout GatewayReport?) async {
        do {
            let report = try await context.report()
            guard report != written else { return }
            try report.write(state: context.settings.state)
            written = report
            context.incidents.ended(Self.unwritten)
        } catch {
            context.incidents.occurred(
                Self.unwritten, level: .warning,
                "the report for `inspectctl status` and for retention cannot be written: \(error), retrying")
        }
    }
}
