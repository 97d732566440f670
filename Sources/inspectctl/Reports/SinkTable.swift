import DetectionCore
import Foundation
import InspectionDomain
import InspectionPipeline

/// The sinks of the gateway as a table, and their last errors below it.
enum SinkTable {
    static func text(_ sinks: [GatewayStatus.SinkStatus]) -> String {
        var table = Table(
            ["sink", "waiting", "lag", "delivered", "retried", "dead", "last delivery"], numeric: [1, 2, 3, 4, 5])
        for sink in sinks {
            table.add([
                sink.name, sink.waiting.map(String.init) ?? "new", sink.lagSeconds.map(lag) ?? "–",
                String(sink.delivered), String(sink.retried), String(sink.dead),
                sink.lastDelivered.map(Output.time) ?? "never",
            ])
        }
        let errors = sinks.compactMap { sink in
            sink.lastError.map {
                "sink \(sink.name): last error\(sink.lastErrorAt.map { " \(Output.time($0))" } ?? ""): \($0)"
            }
        }
        return ([table.isEmpty ? "no sinks are configured" : table.text] + errors).joined(separator: "\n")
    }

    /// `40 s`, `12 min`, `3.5 h`
    private static func lag(_ seconds: Double) -> String {
        if seconds < 120 { return String(format: "%.0f s", seconds) }
        return seconds < 7200 ? String(format: "%.0f min", seconds / 60) : String(format: "%.1f h", seconds / 3600)
    }
}
