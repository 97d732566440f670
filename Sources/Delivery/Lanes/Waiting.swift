/// Runs what returns only when its task is cancelled; again after a pause whenever it fails.
/// - Parameters:
///   - failed: told of each error.
///   - ended: called whenever it has returned.
func keepUp(
    _ body: () async throws -> Void, failed: (any Error) -> Void, ended: () -> Void = {}
) async {
    var failures = 0
    while !Task.isCancelled {
        do {
            try await body()
            failures = 0
            ended()
        } catch {
            guard !Task.isCancelled else { return }
            failures += 1
            failed(error)
            try? await Task.sleep(for: RetryPause.after(failures: failures, asked: nil))
        }
    }
}

/// The outcome of `body`; nil when it takes longer than the limit, and was cancelled.
package func outcome<Value: Sendable>(
    within limit: Duration, of body: @escaping @Sendable () async -> Value
) async -> Value? {
    await withTaskGroup(of: Value?.self) { group in
        group.addTask { await body() }
        group.addTask {
            try? await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        return await group.next() ?? nil
    }
}
