import Delivery
import Synchronization

/// A receiver that answers as the test says.
final class ScriptedSink: Sink {
    typealias Answer = @Sendable (_ message: OutgoingMessage, _ attempt: Int) -> DeliveryOutcome?

    let concurrency: Int
    let timeLimit: Duration
    private let answer: Answer

    private struct State {
        var attempts: [String: Int] = [:]
        var received: [OutgoingMessage] = []
        var refused: Set<String> = []
        var underWay = 0
        var mostUnderWay = 0
    }

    private let state = Mutex(State())

    /// - Parameter answer: nil for an answer that never comes; attempts count from 1.
    init(concurrency: Int = 4, timeLimit: Duration = .seconds(30), _ answer: @escaping Answer = { _, _ in .delivered })
    {
        (self.concurrency, self.timeLimit, self.answer) = (concurrency, timeLimit, answer)
    }

    func deliver(_ message: OutgoingMessage) async -> DeliveryOutcome {
        let attempt = state.withLock { state in
            state.underWay += 1
            state.mostUnderWay = max(state.mostUnderWay, state.underWay)
            state.attempts[message.id, default: 0] += 1
            return state.attempts[message.id] ?? 0
        }
        defer { state.withLock { $0.underWay -= 1 } }
        guard let outcome = answer(message, attempt) else {
            try? await Task.sleep(for: .seconds(3600))
            return .failed("stopped")
        }
        await Task.yield()
        if case .refused = outcome { state.withLock { _ = $0.refused.insert(message.id) } }
        if outcome == .delivered { state.withLock { $0.received.append(message) } }
        return outcome
    }

    /// The ids of all messages that were refused once.
    var refused: Set<String> { state.withLock { $0.refused } }
    var messages: [OutgoingMessage] { state.withLock { $0.received } }
    func ids(of line: String = "a") -> [String] { messages.filter { $0.line == line }.map(\.id) }
    func attempts(_ id: String) -> Int { state.withLock { $0.attempts[id] ?? 0 } }
    var mostUnderWay: Int { state.withLock { $0.mostUnderWay } }
}
