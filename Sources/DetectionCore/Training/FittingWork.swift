/// How a fit is carried out; nothing here changes its result.
public struct FittingWork: Sendable {
    /// Threads.
    public var workers: Int
    /// Called from any thread.
    public var progress: WorkProgress?
    /// Where a long fit saves its state; nil for nowhere.
    public var checkpoint: CheckpointStore?
    /// Called with messages for the user, a sentence each.
    public var remark: (@Sendable (String) -> Void)?
    /// Measures the network after every epoch, for study; nothing depends on it.
    public var watch: Watch?

    /// - Parameter scores: scores images with the network as it is now; higher is more anomalous.
    /// - Returns: a number for the history: an AUROC on images that fitting never sees.
    public typealias Watch = @Sendable (_ scores: (FrameSource) throws -> [Double]) throws -> Double

    public init(
        workers: Int, progress: WorkProgress? = nil, checkpoint: CheckpointStore? = nil,
        remark: (@Sendable (String) -> Void)? = nil, watch: Watch? = nil
    ) {
        (self.workers, self.progress, self.checkpoint) = (workers, progress, checkpoint)
        (self.remark, self.watch) = (remark, watch)
    }
}
