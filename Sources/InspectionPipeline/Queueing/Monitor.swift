import Foundation

/// A value that threads share and whose changes they await: a lock with a condition.
final class Monitor<State>: @unchecked Sendable {
    // `state` is read and written under `condition` only.
    private let condition = NSCondition()
    private var state: State

    init(_ state: State) { self.state = state }

    /// The waiting threads that a change wakes.
    enum Wake { case one, all }

    func read<Value>(_ body: (State) throws -> Value) rethrows -> Value {
        condition.lock()
        defer { condition.unlock() }
        return try body(state)
    }

    /// Changes the value and wakes the threads that wait for it.
    func update<Value>(waking wake: Wake = .all, _ body: (inout State) throws -> Value) rethrows -> Value {
        condition.lock()
        defer {
            switch wake {
            case .one: condition.signal()
            case .all: condition.broadcast()
            }
            condition.unlock()
        }
        return try body(&state)
    }

    /// Evaluates `answer` after every change until it is not nil. An answer may change the value.
    /// - Parameter wakesOthers: whether others wait for what an answer changes.
    func wait<Value>(wakesOthers: Bool = false, for answer: (inout State) -> Value?) -> Value {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let value = answer(&state) {
                if wakesOthers { condition.broadcast() }
                return value
            }
            condition.wait()
        }
    }

    /// The same for a limited time.
    /// - Returns: nil when the time passed without an answer.
    func wait<Value>(atMost time: Duration, for answer: (inout State) -> Value?) -> Value? {
        let limit = Date() + time.inSeconds
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let value = answer(&state) { return value }
            guard condition.wait(until: limit) else { return answer(&state) }
        }
    }
}
