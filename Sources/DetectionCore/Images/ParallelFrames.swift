import Dispatch
import Synchronization

/// Progress of a long task: units done, total and phase. The text after a colon and a space is a detail that changes.
package typealias WorkProgress = @Sendable (_ done: Int, _ total: Int, _ phase: String) -> Void

/// Spreads independent frames over worker threads.
package enum ParallelFrames {
    /// Worker `w` of `workers` handles frames w, w + workers, …: the split, and so every sum over it, is reproducible.
    ///
    /// - Parameters:
    ///   - makeWorker: makes each worker's own state, on its thread.
    ///   - body: handles one frame.
    /// - Returns: the workers' states, in order.
    /// - Throws: the error of the first frame that failed.
    package static func run<Worker>(
        count: Int, workers: Int, phase: String, progress: WorkProgress?, makeWorker: @Sendable (Int) throws -> Worker,
        body: @Sendable (inout Worker, Int) throws -> Void
    ) throws -> [Worker] {
        let workers = max(1, min(workers, count))
        let done = Atomic<Int>(0)
        let results = Mutex<[Int: Outcome<Worker>]>([:])
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            var frame = worker
            let outcome: Outcome<Worker>
            do {
                var state = try makeWorker(worker)
                while frame < count {
                    if results.withLock({ $0.values.contains { $0.failed } }) { break }
                    try body(&state, frame)
                    progress?(done.add(1, ordering: .relaxed).newValue, count, phase)
                    frame += workers
                }
                outcome = Outcome(state: state, error: nil, frame: frame)
            } catch {
                outcome = Outcome(state: nil, error: error, frame: frame)
            }
            results.withLock { $0[worker] = outcome }
        }
        let outcomes = results.withLock { $0 }.sorted { $0.key < $1.key }.map(\.value)
        if let first = outcomes.filter(\.failed).min(by: { $0.frame < $1.frame }), let error = first.error {
            throw error
        }
        return outcomes.compactMap(\.state)
    }

    // A worker's state moves from its thread to the caller when the thread has finished; it is never shared.
    private struct Outcome<Worker>: @unchecked Sendable {
        let state: Worker?
        let error: (any Error)?
        let frame: Int
        var failed: Bool { error != nil }
    }
}
