import Delivery
import Foundation
import InspectionDomain
import InspectionPipeline
import LedgerStore
import Logging
import TestSupport

/// A ledger that `inspectd` would write, a gateway that reads it, and a sink that the test plays.
struct Plant: Sendable {
    let configuration: Configuration
    let ledger: Ledger
    private let thread: OwnThread

    init(configuration: Configuration, ledger: Ledger, thread: OwnThread = OwnThread()) {
        (self.configuration, self.ledger, self.thread) = (configuration, ledger, thread)
    }

    static func open(_ body: @Sendable (Plant) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            var configuration = Configuration()
            configuration.state = folder.appendingPathComponent("state").path
            var gateway = GatewaySettings()
            gateway.state = folder.appendingPathComponent("gateway").path
            gateway.sinks = [SinkSettings(name: "played", kind: .command(CommandSettings(program: "/bin/true")))]
            configuration.gateway = gateway
            try FileManager.default.createDirectory(atPath: configuration.state, withIntermediateDirectories: true)
            let plant = Plant(configuration: configuration, ledger: try Ledger(path: configuration.ledgerPath))
            try await withTaskExecutorPreference(plant.thread) { try await body(plant) }
        }
    }

    func with(_ filter: RecordFilter) -> Plant {
        var configuration = configuration
        configuration.gateway?.sinks[0].filter = filter
        return Plant(configuration: configuration, ledger: ledger, thread: thread)
    }

    var store: DeliveryStore {
        get throws { try DeliveryStore(path: configuration.gateway?.storePath ?? "") }
    }

    func record(_ id: String, line: String = "a", verdict: Verdict = .normal, at date: Date = Date()) throws {
        let inspection = Inspection(
            resultID: id, line: line, createdAt: date, image: ImageInfo(path: "/w/\(id).jpg"), verdict: verdict,
            imageScore: 0.1, files: ResultFiles(overlay: "overlay.jpg"))
        try ledger.record(inspection, resultPath: "/spool/results/\(id)", alert: nil)
    }

    func record(_ numbers: Range<Int>, line: String = "a") throws {
        for number in numbers { try record("\(line)\(number)", line: line) }
    }

    /// Runs the gateway while the body runs.
    func run(_ sink: ScriptedSink, _ body: @Sendable () async throws -> Void) async throws {
        let makers = GatewayMakers(sink: { _, _ in sink })
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let session = try GatewaySession(
            configuration, makers: makers, credentials: Credentials(folder: nil), logger: logger,
            progress: ProgressBoard())
        let task = Task(executorPreference: thread) { try await session?.run() }
        do { try await body() } catch {
            task.cancel()
            _ = await task.result
            throw error
        }
        task.cancel()
        try await task.value
    }

    /// Runs the gateway until the sink is known, so that later records are for it.
    func introduce(_ sink: ScriptedSink) async throws {
        try await run(sink) {
            try await wait(for: "the sink to be known") { try store.counts(sink: "played") != nil }
        }
    }
}

/// Waits until a condition holds.
func wait(for what: String, upTo seconds: Double = 30, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(seconds * patience)
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    throw TimedOut(what: what, seconds: seconds)
}
