import Foundation
import LedgerStore
import LinuxPlatform
import Logging
import ServiceLifecycle
import Spooling
import TensorCore

/// The daemon's composition root: takes the folders, makes what the services share, hands each what it uses, and runs
/// them until it is told to stop.
package struct Daemon: Sendable {
    private let configuration: ActiveConfiguration
    private let storage: Storage
    private let locks: [FileLock]
    private let models: ModelRegistry
    private let serving: ServingModels
    private let health: LineHealth
    private let gates: Gates
    private let flow: FrameFlow
    private let inboxBell = InboxBell()
    /// Rung when an alert is in the outbox.
    private let alertBell = Bell()
    /// Frames that were set aside and are written on.
    private let unfinished: UnfinishedFrames
    private let keeper: LedgerKeeper
    private let recovery: Recovery
    private let progress = ProgressBoard()
    private let roll: RollCall
    private let counters = Counters()
    private let board: ReportBoard
    /// The log of failures that may repeat.
    private let incidents: IncidentLog
    private let logger: Logger

    /// Validates everything, locks spool and state, loads the models and scores their self-test frames. A line whose
    /// model cannot be used is down, and the others work. The folder of a line that has worked before may be missing:
    /// its share can come back.
    ///
    /// - Parameters:
    ///   - fileSystem: every durable call goes through it.
    ///   - beforeCommit: called before each commit of the ledger.
    ///   - notesCrashes: whether the process writes a crash note. Its signal handlers affect the whole process, so only
    ///     a program that runs nothing but this daemon sets it.
    /// - Throws: `ConfigurationErrors`, `FileLock.Held`, `LedgerError`, `SystemError`, `ModelStoreError`, `ModelError`.
    package init(
        configuration: Configuration, logger: Logger, fileSystem: FileSystem = FileSystem(),
        beforeCommit: Ledger.BeforeCommit? = nil, notesCrashes: Bool = false
    ) throws {
        let problems = ConfigurationCheck.problemsOfAll(configuration)
        guard problems.isEmpty else { throw ConfigurationErrors(problems) }
        self.logger = logger
        self.configuration = ActiveConfiguration(configuration)
        let spool = Spool(root: configuration.spool, fileSystem: fileSystem)
        try spool.prepare()
        try fileSystem.makeFolder(RawPath(configuration.state))
        locks = try [spool.lock(), configuration.lockState()]
        Memory.returnLargeBlocks()
        // At most this many frames are computed at a time, whichever threads they are on.
        Memory.share(amongThreads: configuration.workers.count)
        models = ModelRegistry(store: ModelStore(folder: configuration.modelsPath), logger: logger)
        serving = ServingModels(models)
        incidents = IncidentLog(logger: logger)
        let lineGates = LineGates()
        health = LineHealth(models: models, gates: lineGates, incidents: incidents) { line in
            Self.hasWorked(line, configuration)
        }
        let down = health.problems(of: configuration)
        // Without a working line there is nothing to do, and nothing here fixes that: the start fails for the service
        // manager.
        guard down.count < configuration.lines.count else {
            throw ConfigurationErrors(configuration.lines.flatMap { down[$0.name] ?? [] })
        }
        health.adopt(configuration, down)
        try configuration.ensureLedger(fileSystem)
        let ledger = try Ledger(path: configuration.ledgerPath, beforeCommit: beforeCommit)
        storage = Storage(files: fileSystem, spool: spool, ledger: ledger)
        let intake = IntakeGate(spool: spool, ledger: ledger, incidents: incidents)
        gates = Gates(intake: intake, lines: lineGates)
        flow = FrameFlow(capacity: configuration.workers.framesInWork, onFreed: inboxBell.ring)
        unfinished = UnfinishedFrames(fileSystem: fileSystem)
        roll = RollCall(workers: configuration.workers.framesInWork)
        board = ReportBoard(
            configuration: self.configuration, gates: gates, models: models, incidents: incidents, files: fileSystem)
        keeper = LedgerKeeper(storage: storage, intake: intake, progress: progress.part("inbox"), logger: logger)
        recovery = Recovery(
            configuration: self.configuration, storage: storage, flow: flow, intake: intake, unfinished: unfinished,
            keeper: keeper, incidents: incidents, logger: logger, notesCrashes: notesCrashes)
    }

    /// Whether frames of the line have been inspected before: then its folder has existed.
    private static func hasWorked(_ line: Configuration.Line, _ configuration: Configuration) -> Bool {
        if FileStamp(path: "\(configuration.spool)/results/\(line.name)") != nil { return true }
        let ledger = try? History.ledger(configuration)
        return (try? ledger?.hasInspections(line: line.name)) == true
    }

    /// The number of threads of a configuration: those of the services, of a team that computes one frame, and of
    /// Swift's executor.
    package static func threads(for configuration: Configuration) -> Int {
        let (workers, cores) = (configuration.workers, Configuration.Workers.cores)
        return 4 + workers.framesInWork + (workers.count == 1 ? cores : 0) + cores + 2
    }

    /// Runs until SIGTERM or SIGINT, or until its task is cancelled; then the frames in progress are finished.
    /// - Parameter signals: the program's; nil for a daemon that only its task ends, and nothing reloads.
    /// - Throws: the error that ends a service: `SystemThread.LimitReached` for a thread that cannot be started.
    package func run(signals: SignalWatch? = nil) async throws {
        // A caller that awaits the end may start another daemon at once, while copies of this value still exist.
        defer { for lock in locks { lock.release() } }
        if signals != nil { roll.expect(RollCall.signals) }
        var quiet = logger
        quiet.logLevel = .error
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0) }
                    // The end of a listener ends the group, gracefully.
                    + listeners(signals).map {
                        .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
                    },
                logger: quiet))
        try await group.run()
        Systemd.stopping()
        try recovery.markEnd()
        logger.event(.stopped, .notice, "stopped: \(summary.text)")
    }

    private var summary: DaemonSummary {
        DaemonSummary(configuration: configuration, counters: counters, gates: gates, queues: flow.queues)
    }

    /// Stopped in reverse order: first no new frames, then the workers, at last the alerts.
    private var services: [any Service] {
        [
            AlertService(
                storage: storage, bell: alertBell, incidents: incidents, roll: roll, progress: progress.part("alerts")),
            RetentionService(
                configuration: configuration, storage: storage, logger: logger, incidents: incidents, roll: roll),
            inspection, inbox,
            HousekeepingService(
                configuration: configuration, health: health, board: board, incidents: incidents, roll: roll),
            SupervisorService(
                configuration: configuration, lines: gates.lines, roll: roll, progress: progress, summary: summary,
                logger: logger),
        ]
    }

    private func listeners(_ signals: SignalWatch?) -> [any Service] {
        guard let signals else { return [] }
        return [
            ReloadService(
                configuration: configuration, models: models, serving: serving, health: health, summary: summary,
                logger: logger, hangups: signals.hangups),
            StopService(logger: logger, signals: signals, roll: roll),
        ]
    }

    /// Throughput mode computes one frame per core, each on one thread; a single worker spreads its frame over all
    /// cores.
    private var inspection: InspectionService {
        let current = configuration.current, workers = current.workers
        let examiners = ExaminerPool(
            count: workers.count, threads: workers.count == 1 ? Configuration.Workers.cores : 1,
            limits: current.decodeLimits)
        let remarks = FrameRemarks(logger: logger)
        let drift = DriftWatch(ledger: storage.ledger, logger: logger, incidents: incidents, alertBell: alertBell)
        let setbacks = Setbacks(flow: flow, gates: gates, incidents: incidents)
        let claimer = FrameClaimer(
            flow: flow, gates: gates, storage: storage, setbacks: setbacks, incidents: incidents, board: board)
        let outcomes = OutcomeLog(counters: counters, alertBell: alertBell, logger: logger)
        return InspectionService(framesInWork: workers.framesInWork, queues: flow.queues, roll: roll) { name in
            let part = progress.part(name)
            let inspector = FrameInspector(
                storage: storage, models: serving, examiners: examiners, remarks: remarks, drift: drift,
                unfinished: unfinished, progress: part)
            return Worker(
                flow: flow, gates: gates, spool: storage.spool, claimer: claimer, inspector: inspector,
                outcomes: outcomes, setbacks: setbacks, progress: part)
        }
    }

    private var inbox: InboxService {
        InboxService(recovery: recovery, queues: flow.queues, roll: roll) { stop in
            let finder = FrameFinder(
                configuration: configuration,
                surroundings: WatchedLine.Surroundings(
                    storage: storage, names: flow.names, gates: gates.lines, unfinished: unfinished,
                    incidents: incidents, board: board),
                folders: FolderWatch(incidents: incidents, bell: inboxBell), logger: logger)
            return InboxLoop(
                finder: finder, keeper: keeper, flow: flow, gates: gates, storage: storage,
                progress: progress.part("inbox"), stop: stop)
        }
    }
}
