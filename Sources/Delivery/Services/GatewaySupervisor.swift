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
        var watch = StuckWatch(program: "inspectd-gateway", logger: logger)
        while !Task.isCancelled {
            watch.look(at: progress.stuck(longerThan: watch.timeout ?? Self.standardTimeout))
            try? await Task.sleep(for: watch.pause)
        }
    }
}
