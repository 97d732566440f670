import Foundation
import InspectionDomain
import LedgerStore
import LinuxPlatform

/// The gateway and its sinks, as seen from outside.
package struct GatewayStatus: Codable, Sendable, Equatable {
    package struct SinkStatus: Codable, Sendable, Equatable {
        package var name: String
        /// Records of its lines that it has not had, whatever their verdict; absent for a sink that the gateway does not
        /// know yet.
        package var waiting: Int?
        /// The age of the first of them; absent when none waits.
        package var lagSeconds: Double?
        package var delivered, retried, dead: Int
        package var lastDelivered: Date?
        package var lastError: String?
        package var lastErrorAt: Date?

        enum CodingKeys: String, CodingKey {
            case name, waiting, delivered, retried, dead
            case lagSeconds = "lag_seconds"
            case lastDelivered = "last_delivered_at"
            case lastError = "last_error"
            case lastErrorAt = "last_error_at"
        }
    }

    package var isRunning: Bool
    package var pid: Int32?
    package var sinks: [SinkStatus]

    enum CodingKeys: String, CodingKey {
        case isRunning = "running"
        case pid, sinks
    }

    /// Waiting records are counted now, so that their number grows while the gateway is down.
    /// - Throws: `SystemError`, `LedgerError`.
    package init(_ settings: GatewaySettings, ledger: Ledger?, now: Date = Date()) throws {
        pid = try RunningProcess.holder(of: RawPath(settings.state + "/lock"), program: "inspectd-gateway")
        isRunning = pid != nil
        let report = try GatewayReport.read(state: settings.state)
        sinks = try settings.sinks.map { sink in
            guard var known = report?.sinks.first(where: { $0.name == sink.name }) else {
                return SinkStatus(name: sink.name, delivered: 0, retried: 0, dead: 0)
            }
            if let ledger { try known.count(sink.filter, in: ledger) }
            return SinkStatus(
                name: sink.name, waiting: known.waiting,
                lagSeconds: known.waitingSince.map { max(0, now.timeIntervalSince($0)) }, delivered: known.delivered,
                retried: known.retried, dead: known.dead, lastDelivered: known.lastDelivered,
                lastError: known.lastError, lastErrorAt: known.lastErrorAt)
        }
    }
}
