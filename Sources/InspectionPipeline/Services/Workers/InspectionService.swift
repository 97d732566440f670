import LinuxPlatform
import ServiceLifecycle

/// The threads that frames go through, each with one frame at a time. There are several to a core: most wait for the disk, and
/// those that compute share the examiners.
struct InspectionService: Service {
    /// As many threads.
    let framesInWork: Int
    let queues: FrameQueues
    let roll: RollCall
    /// Made on the thread that it works on.
    let makeWorker: @Sendable (_ name: String) -> Worker

    func run() async throws {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 1...framesInWork {
                    let name = RollCall.worker(index)
                    group.addTask {
                        try await BlockingThread.run(name, on: roll) {
                            Scheduling.waitTurns()
                            makeWorker(name).run()
                        }
                    }
                }
                do {
                    for try await _ in group {}
                } catch {
                    // One of them could not be started. Those that were wait for frames, and end with the queues.
                    queues.close()
                    throw error
                }
            }
        } onCancelOrGracefulShutdown: {
            // The frames in hand are finished; what is queued and not claimed lies in its folder still.
            queues.close()
        }
    }
}
