import Foundation
import LedgerStore
import LinuxPlatform
import Logging
import ServiceLifecycle
import Spooling
import TensorCore
import UnixSignals

/// The daemon: takes its folders, recovers what a crash left, and runs the services until it is told to stop.
public struct Daemon: Sendable {
    private let context: DaemonContext
    private let lock: FileLock
    private let recovery: Recovery

    /// Validates everything, locks the spool, loads the models and scores their self-test frames. The folder of a
    /// line that has worked before may be missing: its share can come back, and the other lines must go on.
    ///
    /// - Parameters:
    ///   - fileSystem: every durable call goes through it.
    ///   - beforeCommit: asked before each commit of the ledger.
    /// - Throws: `ConfigurationErrors`, `FileLock.Held`, `LedgerError`, `SystemError`, `ModelStoreError`, `ModelError`.
    public init(
        configuration: Configuration, logger: Logger, fileSystem: FileSystem = FileSystem(),
        beforeCommit: Ledger.BeforeCommit? = nil
    ) throws {
        let known = try? History.ledger(configuration)
        let problems = ConfigurationCheck.problems(of: configuration) { line in
            (try? known?.hasInspections(line: line.name)) == true
        }
        guard problems.isEmpty else { throw ConfigurationErrors(problems) }
        let spool = Spool(root: configuration.spool, fileSystem: fileSystem)
        try spool.prepare()
        lock = try spool.lock()
        let models = ModelRegistry(store: ModelStore(folder: configuration.modelsPath), logger: logger)
        for name in configuration.modelNames.sorted() { try models.require(name) }
        let ledger = try Ledger(path: configuration.ledgerPath, beforeCommit: beforeCommit)
        let incidents = IncidentLog(logger: logger)
        let inboxBell = InboxBell()
        context = DaemonContext(
            configuration: ActiveConfiguration(configuration), models: models, fileSystem: fileSystem, spool: spool,
            ledger: ledger, logger: logger, queue: FrameQueue(capacity: configuration.workers.framesInWork),
            intake: IntakeGate(spool: spool, ledger: ledger, incidents: incidents),
            drift: DriftWatch(ledger: ledger, logger: logger), inboxBell: inboxBell,
            pending: Pending(onFreed: inboxBell.ring), unfinished: UnfinishedFrames(fileSystem: fileSystem),
            incidents: incidents)
        recovery = Recovery(
            context: context, marker: RunMarker(path: configuration.state + "/run.json", fileSystem: fileSystem))
    }

    /// From here on SIGHUP waits for the daemon to run; untrapped it would end the process.
    public static func trapHangups() async -> UnixSignalsSequence { await UnixSignalsSequence(trapping: .sighup) }

    /// Runs until SIGTERM or SIGINT; then the frames in hand are finished.
    /// - Parameter hangups: trapped earlier; nil traps them here.
    public func run(hangups early: UnixSignalsSequence? = nil) async throws {
        let hangups = if let early { early } else { await Self.trapHangups() }
        let workers = context.configuration.current.workers
        // Only so many frames are computed at a time, whichever threads they are on.
        Memory.share(amongThreads: workers.count)
        // Stopped in reverse order: first no new frames, then the workers, at last the alerts.
        let services: [any Service] = [
            AlertService(context: context), RetentionService(context: context),
            InspectionService(context: context, workers: workers), InboxService(context: context, recovery: recovery),
            HousekeepingService(context: context), ReloadService(context: context, hangups: hangups),
            SupervisorService(context: context),
        ]
        var quiet = context.logger
        quiet.logLevel = .error
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quiet))
        try await group.run()
        Systemd.stopping()
        try recovery.markEnd()
        context.logger.event(.stopped, .notice, "stopped: \(context.statusText)")
        withExtendedLifetime(lock) {}
    }
}
