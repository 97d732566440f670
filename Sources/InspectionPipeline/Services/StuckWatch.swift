import InspectionDomain
import LinuxPlatform
import Logging

/// Feeds the service manager's watchdog while every part makes progress, and tells once which one makes none.
package struct StuckWatch {
    /// The watchdog's; nil when there is none.
    package let timeout = Systemd.watchdogTimeout
    private let program: String
    private let logger: Logger
    private var reported: String?

    /// - Parameter program: the one that systemd restarts.
    package init(program: String, logger: Logger) { (self.program, self.logger) = (program, logger) }

    /// The time between looks: several per timeout, so that one late wake-up does no harm.
    package var pause: Duration { min(timeout.map { $0 / 4 } ?? .seconds(2), .seconds(2)) }

    /// - Parameter stuck: the parts without progress for longer than the timeout allows.
    package mutating func look(at stuck: [ProgressBoard.Step]) {
        guard let first = stuck.first else {
            reported = nil
            if timeout != nil { Systemd.watchdog() }
            return
        }
        if reported != first.part {
            logger.event(
                .stuck, .error,
                "\(first.part) has been busy with '\(first.name)' for \(Int(first.time.inSeconds)) s"
                    + (timeout == nil ? "" : "; the watchdog is no longer fed, systemd will restart \(program)"))
        }
        reported = first.part
    }
}
