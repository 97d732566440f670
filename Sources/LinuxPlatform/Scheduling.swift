import Glibc

/// The kernel's scheduling of threads.
package enum Scheduling {
    /// `SCHED_BATCH` of the kernel's headers; the C library shows it with `_GNU_SOURCE` only.
    private static let batch: Int32 = 3

    /// From here on the calling thread interrupts none that computes when it wakes, but waits its turn (`SCHED_BATCH`).
    /// For threads that come back from the disk many times per frame beside others that compute: fewer switches, warmer
    /// caches.
    ///
    /// A hint: where it is forbidden, nothing changes.
    package static func waitTurns() {
        var parameters = sched_param()
        _ = sched_setscheduler(0, batch, &parameters)
    }
}
