import Foundation
import InspectionDomain
import LinuxPlatform

/// `daemon.json` in the state folder: the running daemon's internal state, for `inspectctl status` and
/// monitoring.
///
/// The daemon replaces it whole whenever it changes, at most once a second. It is void once that daemon has ended:
/// readers compare `pid` with the process that holds the spool's lock.
package struct DaemonReport: StateReport, Equatable {
    package static let currentSchema = 1

    /// One line.
    package struct Line: Codable, Sendable, Equatable {
        package var name: String
        /// False for a line that inspects nothing until its problem is fixed, for example an unusable model.
        package var isUp = true
        /// Its problem and the remedy; absent when there is none.
        package var problem: String?
        /// The reason why no frames are taken from its folder; absent when they are.
        package var intakeStopped: String?
        /// The findings of the latest scan of its folder.
        package var scan = LineScan()

        package init(name: String) { self.name = name }

        enum CodingKeys: String, CodingKey {
            case name, problem, scan
            case isUp = "up"
            case intakeStopped = "intake_stopped"
        }
    }

    /// A persisting cause, logged once.
    package struct Incident: Codable, Sendable, Equatable {
        package var line: String?
        package var message: String
        /// The unit that is counted, and the count.
        package var unit: String
        package var count: Int
        package var since, latest: Date
    }

    package var schema = currentSchema
    package var pid: Int32
    package var startedAt: Date
    /// The reason why no frame of any line is taken; absent when they are.
    package var intakeStopped: String?
    package var lines: [Line] = []
    package var incidents: [Incident] = []

    package init(pid: Int32, startedAt: Date) { (self.pid, self.startedAt) = (pid, startedAt) }

    enum CodingKeys: String, CodingKey {
        case schema, pid, lines, incidents
        case startedAt = "started_at"
        case intakeStopped = "intake_stopped"
    }

    package static let fileName = "daemon.json"
    package static let mode: mode_t = 0o644

    /// The report of this process; nil when it has written none, or one of a newer format.
    /// - Throws: `SystemError` when the file cannot be read.
    package static func read(state: String, pid: Int32) throws -> DaemonReport? {
        try read(state: state).flatMap { $0.pid == pid ? $0 : nil }
    }
}

/// The findings of a scan of a line's folder, beside its frames.
package struct LineScan: Codable, Sendable, Equatable {
    /// The problem of the folder or parts of it; absent when there is none.
    package var problem: String?
    /// Frames that wait in the folder: complete ones, and those that are still being written.
    package var waiting: Int?
    /// Files and folders that are not frames and stay where they are, by reason.
    package var skipped: [String: Int]
    /// Frames that the camera overwrote before they could be taken, since the daemon started.
    package var overwritten: Int

    package init(problem: String? = nil, waiting: Int? = nil, skipped: [String: Int] = [:], overwritten: Int = 0) {
        (self.problem, self.waiting, self.skipped, self.overwritten) = (problem, waiting, skipped, overwritten)
    }

    enum CodingKeys: String, CodingKey {
        case problem, waiting, overwritten
        case skipped
    }
}
