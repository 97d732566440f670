import LinuxPlatform
import Logging
import ServiceLifecycle

/// SIGTERM and SIGINT: ends with the first of them, and with it the daemon, whose frames in hand are finished.
struct StopService: Service {
    let logger: Logger
    let signals: SignalWatch

    func run() async throws {
        let logger = logger
        signals.serve { logger.event(.failed, .error, $0) }
        for await _ in signals.stops.cancelOnGracefulShutdown() { return }
    }
}
