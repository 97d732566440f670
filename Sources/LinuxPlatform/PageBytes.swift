import Glibc

/// Zeroed bytes in memory pages of their own: what stays for months does not lie between blocks that come and go, and its
/// pages are the system's again as soon as it is freed.
///
/// Whoever makes it fills it before he shares it; from then on it does not change.
package final class PageBytes: @unchecked Sendable {
    package let start: UnsafeMutableRawPointer
    package let count: Int

    /// - Parameter count: above 0. Ends the process where there is no memory, as arrays do.
    package init(count: Int) {
        guard let start = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            start != MAP_FAILED
        else { fatalError("no memory for \(count) bytes") }
        (self.start, self.count) = (start, count)
    }

    deinit { munmap(start, count) }
}
