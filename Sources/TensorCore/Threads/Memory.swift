import CKernels

/// What a process that trains does with its memory.
public enum Memory {
    /// Keeps freed memory for the next step: fresh pages from the system would cost more than what is computed in them.
    /// For the whole process, from now on.
    public static func keepFreed() { ck_memory_keep_freed() }

    /// So many threads at most take memory side by side, the others share with them: what one frees is soon used again, while
    /// it is still in the caches. To be called before the threads begin.
    public static func share(amongThreads count: Int) { ck_memory_share(Int32(clamping: count)) }

    /// Gives what is free back to the system, after training.
    public static func giveBack() { ck_memory_give_back() }
}
