import LinuxPlatform
import ServiceLifecycle

/// The threads that process frames, each with one frame at a time. There are several per core: most wait for the disk,
/// and those that compute share the examiners.
struct InspectionService: Service {
    /// The number of threads.
    let framesInWork: Int
    let queues: FrameQueues
    let roll: RollCall
    /// Called on the worker's own thread.
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
                    // A thread could not be started. The others wait for frames, and end with the queues.
                    queues.close()
                    throw error
                }
            }
        } onCancelOrGracefulShutdown: {
            // The frames in progress are finished; frames queued and not claimed stay in their folders.
            queues.close()
        }
    }
}
