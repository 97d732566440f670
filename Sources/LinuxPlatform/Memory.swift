import CLinux

/// The process's use of memory that is freed and soon wanted again: glibc's settings.
package enum Memory {
    /// Keeps freed memory for the next step of training, which frees and allocates the same gigabyte again and again:
    /// fresh pages from the system would cost more than what is computed in them.
    package static func keepFreed() {
        // Large blocks come from the heap too, where they can be used again.
        _ = mallopt(M_MMAP_MAX, 0)
        _ = mallopt(M_TRIM_THRESHOLD, Int32.max)
        _ = mallopt(M_TOP_PAD, 64 << 20)
    }

    /// Returns blocks of 4 MB and more to the system as soon as they are freed: a model is read through some that are as
    /// large as itself, between which the heap would grow. To be called before the first of them.
    package static func returnLargeBlocks() {
        _ = mallopt(M_MMAP_THRESHOLD, 4 << 20)
        // Setting one ends the other's growth with what is freed; smaller blocks stay for the next frame.
        _ = mallopt(M_TRIM_THRESHOLD, 64 << 20)
    }

    /// Lets at most `count` threads take memory side by side; the others share with them, and reuse what was just freed
    /// while it is still in the caches. To be called before the threads begin.
    package static func share(amongThreads count: Int) { _ = mallopt(M_ARENA_MAX, Int32(clamping: count)) }

    /// Returns free memory to the system, after training.
    package static func giveBack() { _ = malloc_trim(0) }
}
