/// The execution of a fit; nothing here but `parts` changes its result.
package struct FittingWork: Sendable {
    /// Threads.
    package var workers: Int
    /// Indices of images that show the same part, if several do: they are left out together.
    package var parts: [[Int]]?
    /// Called from any thread.
    package var progress: WorkProgress?
    /// The store of a long fit's state; nil for none.
    package var checkpoint: CheckpointStore?
    /// Called with messages for the user.
    package var remark: (@Sendable (String) -> Void)?
    /// Measures the network after every epoch, for study only.
    package var watch: Watch?

    /// - Parameter scores: scores images with the current network; higher is more anomalous.
    /// - Returns: a number for the history: an AUROC on images that fitting never sees.
    package typealias Watch = @Sendable (_ scores: (FrameSource) throws -> [Double]) throws -> Double

    package init(
        workers: Int, progress: WorkProgress? = nil, checkpoint: CheckpointStore? = nil,
        remark: (@Sendable (String) -> Void)? = nil, watch: Watch? = nil
    ) {
        (self.workers, self.progress, self.checkpoint) = (workers, progress, checkpoint)
        (self.remark, self.watch) = (remark, watch)
    }
}
