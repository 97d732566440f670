import InspectionPipeline

/// The outcome of one attempt to deliver a message.
package enum DeliveryOutcome: Sendable, Equatable {
    /// The receiver has acknowledged it.
    case delivered
    /// It may succeed later: the line waits and the same message is sent again.
    /// - Parameters:
    ///   - reason: what failed, where, and the remedy, for the log and for status; holds no secret.
    ///   - retryAfter: the pause that the receiver asked for.
    case failed(_ reason: String, retryAfter: Duration? = nil)
    /// No further attempt can succeed: the message becomes a dead letter, and the line goes on.
    case refused(_ reason: String)
}

/// A receiver of records: the one protocol between the delivery core and a kind of sink.
///
/// The core calls `deliver` with the messages of a line in their order, one at a time, again after a failure, and with
/// those of several lines side by side. It remembers what was acknowledged; a sink keeps nothing on disk. A process that
/// dies between an acknowledgement and the core's note of it delivers that message again, with the same id.
///
/// A new kind is a folder of DeliverySinks with one type that conforms, a case of `SinkSettings.Kind`, and its line in
/// `SinkRegistry`.
package protocol Sink: Sendable {
    /// How many messages, each of another line, may be under way at a time; at least 1.
    var concurrency: Int { get }

    /// The longest time that an attempt takes by itself. Soon after it the core cancels the attempt.
    var timeLimit: Duration { get }

    /// Delivers one message. Returns soon after its task is cancelled, with any outcome.
    func deliver(_ message: OutgoingMessage) async -> DeliveryOutcome

    /// Keeps up what the sink needs between messages: a connection, a listener, a state that it publishes. Returns when
    /// its task is cancelled, and has closed everything then. The core starts it before the first message, and again
    /// after a pause when it throws; `deliver` may be called meanwhile and fails.
    func run() async throws
}

extension Sink {
    /// Nothing to keep up.
    package func run() async throws { await untilCancelled() }
}

/// Returns when the task is cancelled.
package func untilCancelled() async {
    // The stream yields nothing and ends by the task's cancellation.
    for await _ in AsyncStream<Never>.makeStream().stream {}
}

/// A configured sink, ready to be used.
package struct ReadySink: Sendable {
    package let settings: SinkSettings
    package let sink: any Sink

    package init(settings: SinkSettings, sink: any Sink) { (self.settings, self.sink) = (settings, sink) }

    package var name: String { settings.name }
}

/// Makes a sink from its settings.
/// - Throws: `ProgramFailure` for what the configuration names and the machine lacks: a credential, a certificate.
package typealias SinkMaker = @Sendable (SinkSettings, SinkSurroundings) throws -> any Sink
