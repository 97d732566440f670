import Delivery
import InspectionPipeline

/// The kinds of sinks: the one place that lists them.
package enum SinkRegistry {
    package static let makers = GatewayMakers(sink: make)

    /// - Throws: `ProgramError` for what the configuration names and the machine lacks.
    @Sendable private static func make(_ settings: SinkSettings, _ surroundings: SinkSurroundings) throws -> any Sink {
        switch settings.kind {
        case .command(let command): CommandSink(command, name: settings.name, surroundings)
        case .webhook(let webhook): try WebhookSink(webhook, surroundings)
        }
    }
}
