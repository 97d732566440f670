import Dispatch

/// Runs tasks on a thread of its own. Tests that wait for programs hold the shared threads for minutes, and what runs
/// beside them on a clock would be late.
package final class OwnThread: TaskExecutor {
    private let queue = DispatchQueue(label: "test")

    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
