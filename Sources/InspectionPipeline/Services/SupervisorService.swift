import Foundation
import InspectionDomain
import LinuxPlatform
import Logging
import ServiceLifecycle

/// Tells systemd and the log that the daemon is ready, then reports a status text with counts, and feeds the watchdog
/// while every part makes progress.
struct SupervisorService: Service {
    let configuration: ActiveConfiguration
    let lines: LineGates
    let roll: RollCall
    let progress: ProgressBoard
    let summary: DaemonSummary
    let logger: Logger

    func run() async throws {
        // Not before the stop signal is served and every thread runs: one that cannot be started ends its service, and
        // with it this one.
        while !roll.isComplete, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
        guard !Task.isCancelled else { return }
        announce()
        var watch = StuckWatch(program: "inspectd", logger: logger)
        let pause = watch.pause
        var shown = ""
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            let stuck = progress.stuck(longerThan: watch.timeout ?? .seconds(60))
            // The watchdog's signal does not name the cause, so the frame to blame is set before the signal comes.
            CrashNote.setStuck(watch.timeout == nil ? nil : stuck.frameToBlame)
            watch.look(at: stuck)
            let text = summary.text
            if text != shown { Systemd.status(text) }
            shown = text
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
        }
    }

    private func announce() {
        let configuration = configuration.current
        let down = Set(lines.down.keys)
        let up = configuration.lines.map(\.name).filter { !down.contains($0) }
        let names = (up + down.sorted().map { "down: \($0)" }).joined(separator: ", ")
        logger.event(
            .ready, .notice,
            "inspectd \(programVersion) ready: \(Quantity.text(up.count, of: "line")) (\(names)), "
                + "results in \(configuration.spool)")
        Systemd.ready(status: summary.text)
    }
}
