import InspectionDomain
import InspectionPipeline

/// The attempts of one sink: at most as many at a time as it allows, none without an end.
struct Attempts: Sendable {
    let sink: any Sink
    private let permits: Permits
    private let progress: ProgressBoard
    private let name: String

    init(_ sink: ReadySink, progress: ProgressBoard) {
        (self.sink, self.progress, name) = (sink.sink, progress, sink.name)
        permits = Permits(sink.sink.concurrency)
    }

    /// Time that a sink may take beyond its own limit.
    private static let grace = Duration.seconds(5)

    func run(_ message: OutgoingMessage) async -> DeliveryOutcome {
        await permits.withPermit {
            // It may have been cancelled while it waited.
            guard !Task.isCancelled else { return .failed("stopped") }
            let part = progress.part("\(name) of \(message.line)")
            part.begin("deliver \(message.id)")
            defer { part.rest() }
            return await limited(message)
        }
    }

    private func limited(_ message: OutgoingMessage) async -> DeliveryOutcome {
        let limit = sink.timeLimit + Self.grace
        let outcome = await outcome(within: limit) { await sink.deliver(message) }
        return outcome ?? .failed("no outcome within \(Quantity.text(limit))")
    }
}
