/// The daemon's frames between their folders and their inspection. Shared by the inbox and the workers.
struct FrameFlow: Sendable {
    let queues: FrameQueues
    let names: TakenNames
    let resting = RestingClaims()

    /// - Parameters:
    ///   - capacity: the capacity of the queues.
    ///   - onFreed: called when a name is free that the inbox waits for.
    init(capacity: Int, onFreed: @escaping @Sendable () -> Void) {
        queues = FrameQueues(capacity: capacity)
        names = TakenNames(onFreed: onFreed)
    }

    /// Frames that were not claimed: they are found in their folders again.
    func putBack(_ frames: some Sequence<ArrivedFrame>) {
        for frame in frames { names.release(frame.path) }
    }

    /// A claim whose work was not begun: it is due at once.
    func putBack(_ frame: ClaimedFrame) { resting.wait(frame) }

    /// The frame is finished, wherever it is now.
    func end(_ frame: ClaimedFrame) {
        resting.forget(frame)
        if frame.isInItsFolder { names.release(frame.path) }
    }
}
