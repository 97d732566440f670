import LinuxPlatform
import Logging
import ServiceLifecycle

/// SIGTERM and SIGINT: the first of them ends this service, and with it the daemon, which finishes the frames in
/// progress.
struct StopService: Service {
    let logger: Logger
    let signals: SignalWatch
    let roll: RollCall

    func run() async throws {
        let logger = logger
        signals.serve { logger.event(.failed, .error, $0) }
        roll.enter(RollCall.signals)
        for await _ in signals.stops.cancelOnGracefulShutdown() { return }
    }
}
