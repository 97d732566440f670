import Foundation
import LedgerStore
import LinuxPlatform
import Logging
import ServiceLifecycle
import Spooling
import TensorCore

/// The daemon: takes its folders, recovers what a crash left, and runs the services until it is told to stop.
public struct Daemon: Sendable {
    private let context: DaemonContext
    private let locks: [FileLock]
    private let recovery: Recovery

    /// Validates everything, locks spool and state, loads the models and scores their self-test frames. A line whose model cannot
    /// be used is down, and the others work. The folder of a line that has worked before may be missing: its share can come
    /// back.
    ///
    /// - Parameters:
    ///   - fileSystem: every durable call goes through it.
    ///   - beforeCommit: asked before each commit of the ledger.
    ///   - notesCrashes: whether the process notes the fatal signal that ends it. Its handlers are the whole process's, so only a
    ///     program that is nothing but this daemon asks for it.
    /// - Throws: `ConfigurationErrors`, `FileLock.Held`, `LedgerError`, `SystemError`, `ModelStoreError`, `ModelError`.
    public init(
        configuration: Configuration, logger: Logger, fileSystem: FileSystem = FileSystem(),
        beforeCommit: Ledger.BeforeCommit? = nil, notesCrashes: Bool = false
    ) throws {
        let problems = ConfigurationCheck.problemsOfAll(configuration)
        guard problems.isEmpty else { throw ConfigurationErrors(problems) }
        let spool = Spool(root: configuration.spool, fileSystem: fileSystem)
        try spool.prepare()
        try fileSystem.makeFolder(RawPath(configuration.state))
        locks = try [spool.lock(), configuration.lockState()]
        let models = ModelRegistry(store: ModelStore(folder: configuration.modelsPath), logger: logger)
        let incidents = IncidentLog(logger: logger), gates = LineGates()
        let health = LineHealth(models: models, gates: gates, incidents: incidents, logger: logger) { line in
            Self.hasWorked(line, configuration)
        }
        let down = health.problems(of: configuration)
        // With no line that works there is nothing to do, and nothing here mends it: the service manager is told so.
        guard down.count < configuration.lines.count else {
            throw ConfigurationErrors(configuration.lines.flatMap { down[$0.name] ?? [] })
        }
        health.adopt(configuration, down)
        try configuration.ensureLedger(fileSystem)
        let ledger = try Ledger(path: configuration.ledgerPath, beforeCommit: beforeCommit)
        let inboxBell = InboxBell()
        context = DaemonContext(
            configuration: ActiveConfiguration(configuration), models: models, fileSystem: fileSystem, spool: spool,
            ledger: ledger, logger: logger, queue: FrameQueue(capacity: configuration.workers.framesInWork),
            intake: IntakeGate(spool: spool, ledger: ledger, incidents: incidents),
            drift: DriftWatch(ledger: ledger, logger: logger), inboxBell: inboxBell,
            pending: Pending(onFreed: inboxBell.ring), unfinished: UnfinishedFrames(fileSystem: fileSystem),
            roll: RollCall(workers: configuration.workers.framesInWork), gates: gates, health: health,
            incidents: incidents)
        recovery = Recovery(
            context: context, marker: RunMarker(path: configuration.state + "/run.json", fileSystem: fileSystem),
            notesCrashes: notesCrashes)
    }

    /// Whether frames of the line have been inspected before: then its folder has been there.
    private static func hasWorked(_ line: Configuration.Line, _ configuration: Configuration) -> Bool {
        if FileStamp(path: "\(configuration.spool)/results/\(line.name)") != nil { return true }
        let ledger = try? History.ledger(configuration)
        return (try? ledger?.hasInspections(line: line.name)) == true
    }

    /// How many threads a configuration takes: those of the services, of a team that computes one frame, and of Swift's executor.
    public static func threads(for configuration: Configuration) -> Int {
        let (workers, cores) = (configuration.workers, Configuration.Workers.cores)
        return 4 + workers.framesInWork + (workers.count == 1 ? cores : 0) + cores + 2
    }

    /// Runs until SIGTERM or SIGINT, or until its task is cancelled; then the frames in hand are finished.
    /// - Parameter signals: the program's; nil for a daemon that only its task ends, and nothing reloads.
    /// - Throws: what ends a service: `SystemThread.LimitReached` for a thread that cannot be started.
    public func run(signals: SignalWatch? = nil) async throws {
        let workers = context.configuration.current.workers
        // Only so many frames are computed at a time, whichever threads they are on.
        Memory.share(amongThreads: workers.count)
        // Stopped in reverse order: first no new frames, then the workers, at last the alerts.
        let services: [any Service] = [
            AlertService(context: context), RetentionService(context: context),
            InspectionService(context: context, workers: workers), InboxService(context: context, recovery: recovery),
            HousekeepingService(context: context),
            SupervisorService(context: context),
        ]
        // Their ends end the group, gracefully.
        let listeners: [any Service] =
            signals.map {
                [ReloadService(context: context, hangups: $0.hangups), StopService(context: context, signals: $0)]
            } ?? []
        var quiet = context.logger
        quiet.logLevel = .error
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0) }
                    + listeners.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                logger: quiet))
        try await group.run()
        Systemd.stopping()
        try recovery.markEnd()
        context.logger.event(.stopped, .notice, "stopped: \(context.statusText)")
        withExtendedLifetime(locks) {}
    }
}
