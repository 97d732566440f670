import Foundation
import InspectionDomain
import LedgerStore
import LinuxPlatform

/// `gateway.json` in the gateway's state folder: how far each sink has got, for `inspectctl status`, monitoring and the
/// retention of `inspectd`, which keeps records that a sink has not had.
///
/// The gateway replaces it whole, at most once a second. It stays when the gateway ends: its positions remain true.
package struct GatewayReport: StateReport, Equatable {
    package static let currentSchema = 1

    /// One sink.
    package struct Sink: Codable, Sendable, Equatable {
        package var name: String
        /// Records of its lines that it has not had, whatever their verdict.
        package var waiting = 0
        /// When the first of them was made; absent for none.
        package var waitingSince: Date?
        package var delivered = 0
        /// Failed attempts that were followed by another one.
        package var retried = 0
        package var dead = 0
        package var lastDelivered: Date?
        package var lastError: String?
        package var lastErrorAt: Date?
        package var positions: SinkPositions

        package init(name: String, positions: SinkPositions) { (self.name, self.positions) = (name, positions) }

        enum CodingKeys: String, CodingKey {
            case name, waiting, delivered, retried, dead, positions
            case waitingSince = "waiting_since"
            case lastDelivered = "last_delivered_at"
            case lastError = "last_error"
            case lastErrorAt = "last_error_at"
        }
    }

    package var schema = currentSchema
    package var pid: Int32
    package var startedAt: Date
    package var sinks: [Sink] = []

    package init(pid: Int32, startedAt: Date) { (self.pid, self.startedAt) = (pid, startedAt) }

    enum CodingKeys: String, CodingKey {
        case schema, pid, sinks
        case startedAt = "started_at"
    }

    package static let fileName = "gateway.json"
    /// For the group, which `inspectd` is in.
    package static let mode: mode_t = 0o640
}

extension GatewayReport.Sink {
    /// Counts the records that wait in a ledger.
    /// - Throws: `LedgerError`.
    package mutating func count(_ filter: RecordFilter, in ledger: Ledger) throws {
        (waiting, waitingSince) = (0, nil)
        let identity = try ledger.identity()
        for (line, latest) in try ledger.latestSequences() where filter.admits(line: line) {
            let position = positions.reached(line, in: identity)
            guard latest > position else { continue }
            let backlog = try ledger.backlog(line: line, after: position)
            waiting += backlog.count
            if let oldest = backlog.oldest { waitingSince = min(waitingSince ?? oldest, oldest) }
        }
    }
}
