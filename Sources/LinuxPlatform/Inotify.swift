#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Wakes when something may have arrived below the watched folders. A hint only: network file systems send none, queues
/// overflow; a scan decides.
public final class Inotify: Sendable {
    /// Asked before each call that adds something: an errno to fail with. Where tests use up the kernel's limits.
    public typealias Intercept = @Sendable (_ call: String, _ path: RawPath) -> Int32?

    private let descriptor: Int32
    private let intercept: Intercept?

    /// - Throws: `SystemError`.
    public init(intercept: Intercept? = nil) throws {
        let none = RawPath("-")
        if let code = intercept?("inotify_init1", none) { throw SystemError("inotify_init1", none, code: code) }
        self.intercept = intercept
        descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0 else { throw SystemError("inotify_init1", none) }
    }

    deinit { close(descriptor) }

    /// Watches one folder; watching it again is harmless.
    /// - Throws: `SystemError`.
    public func watch(_ folder: RawPath) throws {
        let mask = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
        if let code = intercept?("inotify_add_watch", folder) {
            throw SystemError("inotify_add_watch", folder, code: code)
        }
        if folder.withCPath({ inotify_add_watch(descriptor, $0, mask) }) < 0 {
            throw SystemError("inotify_add_watch", folder)
        }
    }

    /// Waits for events, at most `milliseconds`; swallows all that are there.
    /// - Returns: whether any came, an overflow included.
    public func wait(milliseconds: Int32) -> Bool {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&poller, 1, milliseconds) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while read(descriptor, &buffer, buffer.count) > 0 {}
        return true
    }
}
