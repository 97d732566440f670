import InspectionDomain
import InspectionPipeline
import LinuxPlatform
import Logging

/// Feeds the service manager's watchdog while every part makes progress: no attempt and no reading of the ledger takes
/// longer than its limit allows. A receiver that is away is no reason: its lines wait between attempts.
struct GatewaySupervisor: Sendable {
    let progress: ProgressBoard
    let logger: Logger

    private static let standardTimeout = Duration.seconds(180)

    /// Runs until the task is cancelled.
    func run() async {
        let timeout = Systemd.watchdogTimeout
        let pause = min(timeout.map { $0 / 4 } ?? .seconds(2), .seconds(2))
        var reported: String?
        while !Task.isCancelled {
            let stuck = progress.stuck(longerThan: timeout ?? Self.standardTimeout).first
            if let stuck, reported != stuck.part {
                logger.event(
                    .stuck, .error,
                    "\(stuck.part) has been busy with '\(stuck.name)' for \(Int(stuck.time.inSeconds)) s"
                        + (timeout == nil
                            ? "" : "; the watchdog is no longer fed, systemd will restart inspectd-gateway"))
            }
            reported = stuck?.part
            if stuck == nil, timeout != nil { Systemd.watchdog() }
            try? await Task.sleep(for: pause)
        }
    }
}
