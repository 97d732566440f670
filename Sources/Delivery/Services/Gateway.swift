import InspectionDomain
import InspectionPipeline
import LinuxPlatform
import Logging

/// The sinks and parts that the program adds to the delivery core.
package struct GatewayMakers: Sendable {
    package let sink: SinkMaker
    package let parts: PartMaker

    package init(sink: @escaping SinkMaker, parts: @escaping PartMaker = { _ in [] }) {
        (self.sink, self.parts) = (sink, parts)
    }
}

/// The gateway: delivers the records of the ledger to the configured sinks until it is told to stop.
///
/// Without the section `gateway` it opens neither file nor socket, and waits for a reload.
package struct Gateway: Sendable {
    private let file: String
    private let makers: GatewayMakers
    private let credentials: Credentials
    private let logger: Logger
    private let progress = ProgressBoard()

    /// - Parameter file: the configuration, read at the start and at each reload.
    package init(
        file: String, makers: GatewayMakers, logger: Logger, credentials: Credentials = .ofThisService
    ) {
        (self.file, self.makers, self.logger, self.credentials) = (file, makers, logger, credentials)
    }

    private enum Event: Sendable {
        case reload, stop
        /// A session ended by itself.
        case failed(any Error)
    }

    private typealias Events = (stream: AsyncStream<Event>, source: AsyncStream<Event>.Continuation)

    /// Runs until SIGTERM or SIGINT.
    /// - Throws: what the first configuration lacks (`ConfigurationErrors`, `ProgramError`, `FileLock.Held`,
    ///   `DeliveryStoreError`, `SystemError`), and `SystemThread.LimitReached`.
    package func run(signals: SignalWatch) async throws {
        let (stream, source) = AsyncStream<Event>.makeStream()
        let events: Events = (stream, source)
        let listeners = [
            Task { for await _ in signals.hangups { source.yield(.reload) } },
            Task { for await _ in signals.stops { source.yield(.stop) } },
        ]
        defer { for listener in listeners { listener.cancel() } }
        var running = start(try session(Configuration.load(path: file)), events)
        let logger = logger
        signals.serve { logger.event(.failed, .error, $0) }
        let supervisor = Task { await GatewaySupervisor(progress: progress, logger: logger).run() }
        defer { supervisor.cancel() }
        logger.event(.gatewayReady, .notice, "inspectd-gateway \(programVersion) ready: \(running.summary)")
        Systemd.ready(status: running.summary)
        loop: for await event in events.stream {
            switch event {
            case .reload:
                Systemd.reloading()
                running = try await reload(running, events)
                Systemd.ready(status: running.summary)
            case .stop: break loop
            case .failed(let error): throw error
            }
        }
        Systemd.stopping()
        await running.end()
        logger.event(.stopped, .notice, "inspectd-gateway stopped; waiting records are delivered after its next start")
    }

    private func session(_ configuration: Configuration) throws -> (Configuration, GatewaySession?) {
        let session = try GatewaySession(
            configuration, makers: makers, credentials: credentials, logger: logger, progress: progress)
        return (configuration, session)
    }

    /// A session at work.
    private struct Running {
        let configuration: Configuration
        let summary: String
        let task: Task<Void, Never>

        func end() async {
            task.cancel()
            await task.value
        }
    }

    private func start(_ new: (configuration: Configuration, session: GatewaySession?), _ events: Events) -> Running {
        let session = new.session
        let task = Task {
            do {
                try await session?.run()
            } catch {
                if !Task.isCancelled { events.source.yield(.failed(error)) }
            }
        }
        let summary =
            session?.summary ?? "idle: the configuration \(file) has no section 'gateway'"
        return Running(configuration: new.configuration, summary: summary, task: task)
    }

    /// Puts the file's configuration in force when all of it can be used; the previous one stays otherwise.
    /// - Throws: why neither of the two can be used.
    private func reload(_ running: Running, _ events: Events) async throws -> Running {
        do {
            let new = try Configuration.load(path: file)
            try check(new)
            await running.end()
            do {
                let next = start(try session(new), events)
                logger.event(.reloaded, .notice, "configuration \(file) reloaded: \(next.summary)")
                return next
            } catch {
                refuse(error)
                return start(try session(running.configuration), events)
            }
        } catch {
            if running.task.isCancelled { throw error }
            refuse(error)
            return running
        }
    }

    private func refuse(_ error: any Error) {
        logger.event(
            .reloadRefused, .error,
            "reload refused, the previous configuration stays in force: \(ExitStatus.message(of: error))")
    }

    /// Makes the configured sinks, without using them.
    /// - Throws: `ProgramFailure` for what the configuration names and the machine lacks.
    package func check(_ configuration: Configuration) throws {
        let surroundings = SinkSurroundings(logger: logger, credentials: credentials)
        for sink in configuration.gateway?.sinks ?? [] { _ = try makers.sink(sink, surroundings) }
    }
}
