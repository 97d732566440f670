import ServiceLifecycle

/// Finds frames and hands them to the workers, once those that a dead process had in progress have been resumed.
struct InboxService: Service {
    let recovery: Recovery
    let queues: FrameQueues
    let roll: RollCall
    /// Made on the inbox's thread.
    let makeLoop: @Sendable (_ stop: Bell) -> InboxLoop

    func run() async throws {
        let stop = Bell()
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await BlockingThread.run("inbox", on: roll) {
                if recovery.run(until: stop) { makeLoop(stop).run() }
            }
        } onCancelOrGracefulShutdown: {
            stop.stop()
            // The loop may be waiting for room in the queues. The workers end later, in their turn.
            queues.closeEntrance()
        }
    }
}
