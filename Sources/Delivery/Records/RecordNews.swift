import Synchronization

/// The newest record of each line, and who waits for it.
package final class RecordNews: Sendable {
    private struct State {
        var ledger = ""
        var latest: [String: Int64] = [:]
        var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextListener = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Takes a reading of the ledger; wakes all listeners when it differs from the last one.
    package func publish(ledger: String, latest: [String: Int64]) {
        let woken = state.withLock { state -> [AsyncStream<Void>.Continuation] in
            guard state.ledger != ledger || state.latest != latest else { return [] }
            (state.ledger, state.latest) = (ledger, latest)
            return Array(state.listeners.values)
        }
        for listener in woken { listener.yield() }
    }

    /// Wakes all listeners: something else changed that concerns them.
    package func wake() { for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield() } }

    /// The identity of the ledger, and the number of the newest record of each line.
    package var reading: (ledger: String, latest: [String: Int64]) { state.withLock { ($0.ledger, $0.latest) } }

    /// An element at once, and after every change; changes that come while one is handled are one element.
    package func changes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state -> Int in
            state.nextListener += 1
            state.listeners[state.nextListener] = continuation
            return state.nextListener
        }
        continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[number] = nil } }
        continuation.yield()
        return stream
    }
}
