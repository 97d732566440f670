import CKernels

/// What a process that trains does with its memory.
public enum Memory {
    /// Keeps freed memory for the next step: fresh pages from the system would cost more than what is computed in them.
    /// For the whole process, from now on.
    public static func keepFreed() { ck_memory_keep_freed() }

    /// Gives what is free back to the system, after training.
    public static func giveBack() { ck_memory_give_back() }
}
