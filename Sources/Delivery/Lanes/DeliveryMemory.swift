import Dispatch
import LedgerStore

/// The gateway's memory for tasks: its calls wait for the disk, so they run one at a time on a queue of their own.
package final class DeliveryMemory: Sendable {
    private let queue = DispatchQueue(label: "memory")
    private let store: DeliveryStore

    package init(_ store: DeliveryStore) { self.store = store }

    /// Runs to its end even when the task is cancelled: an acknowledgement that has come is noted.
    /// - Throws: `DeliveryStoreError`.
    package func callAsFunction<Value: Sendable>(
        _ body: @escaping @Sendable (DeliveryStore) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body(self.store) }) }
        }
    }
}
