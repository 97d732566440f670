import Foundation
import InspectionDomain
import LedgerStore
import LinuxPlatform
import Logging
import ServiceLifecycle
import Spooling
import UnixSignals

/// The daemon: takes its folders, recovers what a crash left, and runs the services until it is told to stop.
public struct Daemon: Sendable {
    private let context: DaemonContext
    private let lock: FileLock
    private let marker: RunMarker

    /// Validates everything, locks the spool, loads the models and scores their self-test frames.
    /// - Throws: `ConfigurationErrors`, `FileLock.Held`, `LedgerError`, `SystemError`, `ModelStoreError`, `ModelError`.
    public init(configuration: Configuration, logger: Logger) throws {
        let problems = ConfigurationCheck.problems(of: configuration)
        guard problems.isEmpty else { throw ConfigurationErrors(problems) }
        let spool = Spool(root: configuration.spool)
        try spool.prepare()
        lock = try spool.lock()
        let models = ModelRegistry(store: ModelStore(folder: configuration.modelsPath), logger: logger)
        for name in Set(configuration.lines.map(\.model)).sorted() { try models.require(name) }
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let workers = if case .count(let count) = configuration.workers { count } else { cores }
        context = DaemonContext(
            configuration: ActiveConfiguration(configuration), models: models, spool: spool,
            ledger: try Ledger(path: configuration.ledgerPath), logger: logger,
            queue: FrameQueue(capacity: 2 * workers))
        marker = RunMarker(path: configuration.state + "/run.json")
    }

    /// Runs until SIGTERM or SIGINT; then the frames in hand are finished.
    public func run() async throws {
        let wasClean = marker.lastEndWasClean
        try marker.begin()
        try recover(afterCrash: !wasClean)
        // From here on SIGHUP waits for its service; untrapped it would end the process.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let workers = context.configuration.current.workers
        // Stopped in reverse order: first no new frames, then the workers, at last the alerts.
        let services: [any Service] = [
            AlertService(context: context), RetentionService(context: context),
            InspectionService(context: context, workers: workers), InboxService(context: context),
            ReloadService(context: context, hangups: hangups), SupervisorService(context: context),
        ]
        var quiet = context.logger
        quiet.logLevel = .error
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quiet))
        try await group.run()
        Systemd.stopping()
        try marker.end()
        context.logger.event(.stopped, .notice, "stopped: \(context.statusText)")
        withExtendedLifetime(lock) {}
    }

    /// Hands the frames that a dead process had in work to the workers again.
    private func recover(afterCrash: Bool) throws {
        let configuration = context.configuration.current
        let claims = try context.spool.recover()
        guard !claims.isEmpty else { return }
        context.logger.event(
            .recovered, .notice, "\(claims.count) frame(s) were in work when inspectd last ended; they come first")
        var work: [Work] = []
        for claim in claims {
            guard let line = configuration.line(named: claim.line) else {
                try setAside(claim)
                continue
            }
            _ = context.pending.begin(claim.original)
            work.append(Work(frame: .claimed(claim), line: line, seen: .now, isRecovered: afterCrash))
        }
        context.pending.recover(work)
    }

    /// A frame whose line is no longer configured, or whose record was damaged.
    private func setAside(_ claim: Claim) throws {
        let error = InspectionError(
            code: "internal",
            message:
                "the frame was in work for the line '\(claim.line)', which the configuration does not have; add the line "
                + "and run `inspectctl requeue`, or take the frame from the quarantine")
        let inspection = Inspection(
            resultID: claim.id, line: claim.line, createdAt: Date(), image: ImageInfo(path: claim.original.description),
            verdict: .error, error: error)
        let folder = try context.spool.publish(
            ["result.json": try DomainJSON.encoder().encode(inspection)], for: claim)
        try context.ledger.record(
            inspection, resultPath: folder.description, alert: Alert(about: inspection, resultPath: folder.description))
        try context.spool.quarantine(claim, error: error)
        context.logger.event(.unreadable, .error, "\(claim.original): \(error.message)")
    }
}

/// `run.json`: whether the daemon ended by itself the last time. A frame in work at a clean end did not crash it.
struct RunMarker: Sendable {
    struct Content: Codable {
        var schema = 1
        var pid: Int32
        var startedAt: Date
        var endedAt: Date?

        enum CodingKeys: String, CodingKey {
            case schema, pid
            case startedAt = "started_at"
            case endedAt = "ended_at"
        }
    }

    let path: String

    var content: Content? {
        FileManager.default.contents(atPath: path).flatMap { try? DomainJSON.decoder().decode(Content.self, from: $0) }
    }

    /// Also true when it never ran.
    var lastEndWasClean: Bool { content.map { $0.endedAt != nil } ?? true }

    func begin() throws {
        try write(Content(pid: getpid(), startedAt: Date()))
    }

    func end() throws {
        var content = content ?? Content(pid: getpid(), startedAt: Date())
        content.endedAt = Date()
        try write(content)
    }

    private func write(_ content: Content) throws {
        try DurableFile.write(try DomainJSON.encoder().encode(content), to: path)
    }
}
