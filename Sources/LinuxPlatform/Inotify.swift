import CLinux
import Glibc
import Synchronization

/// Tells what happens in the watched folders. A hint only: network file systems send none, queues overflow; a scan
/// decides.
package final class Inotify: Sendable {
    /// Asked before each call that adds something: an errno to fail with. Where tests use up the kernel's limits.
    package typealias Intercept = @Sendable (_ call: String, _ path: RawPath) -> Int32?

    private let descriptor: Int32
    /// Written by `wake`.
    private let bell: Int32
    private let intercept: Intercept?
    private let folders = Mutex<[Int32: RawPath]>([:])

    /// - Throws: `SystemError`.
    package init(intercept: Intercept? = nil) throws {
        let none = RawPath("-")
        if let code = intercept?("inotify_init1", none) { throw SystemError("inotify_init1", none, code: code) }
        self.intercept = intercept
        descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0 else { throw SystemError("inotify_init1", none) }
        bell = eventfd(0, O_CLOEXEC | O_NONBLOCK)
        guard bell >= 0 else {
            let code = errno
            close(descriptor)
            throw SystemError("eventfd", none, code: code)
        }
    }

    deinit {
        close(descriptor)
        close(bell)
    }

    /// Watches one folder; watching it again is harmless, and needed when it was moved.
    /// - Throws: `SystemError`.
    package func watch(_ folder: RawPath) throws {
        if let code = intercept?("inotify_add_watch", folder) {
            throw SystemError("inotify_add_watch", folder, code: code)
        }
        let number = folder.withCPath { inotify_add_watch(descriptor, $0, Self.mask) }
        guard number >= 0 else { throw SystemError("inotify_add_watch", folder) }
        folders.withLock { $0[number] = folder }
    }

    /// Ends a `wait` from another thread, this one or the next.
    package func wake() {
        var one: UInt64 = 1
        _ = write(bell, &one, MemoryLayout<UInt64>.size)
    }

    /// Waits for events, at most `milliseconds`; takes all that are there.
    ///
    /// While files are only being written, it waits on, and takes what comes every few milliseconds: a program that
    /// writes in small pieces costs no scan each.
    /// - Parameter takesWrites: whether files that are being written end the wait too.
    /// - Returns: what came; without events when nothing did.
    package func wait(milliseconds: Int32, takesWrites: Bool = false) -> Batch {
        let end = ContinuousClock.now + .milliseconds(Int(milliseconds))
        var batch = Batch()
        while true {
            let left = max(0, Int32(clamping: Int((end - .now) / .milliseconds(1))))
            var pollers = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&pollers, 2, left)
            let isWoken = ready > 0 && pollers[1].revents != 0
            if isWoken {
                var count: UInt64 = 0
                _ = read(bell, &count, MemoryLayout<UInt64>.size)
            }
            let more = drain()
            batch.events += more.events
            batch.isIncomplete = batch.isIncomplete || more.isIncomplete
            batch.isWoken = batch.isWoken || isWoken
            if batch.wakes || takesWrites && !batch.events.isEmpty { return batch }
            if left == 0 || ready <= 0 && errno != EINTR { return batch }
            usleep(2000)
        }
    }

    private func drain() -> Batch {
        var batch = Batch()
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 8) { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress!, buffer.count)
                guard count > 0 else { return }
                let known = folders.withLock { $0 }
                let next = Self.parse(
                    UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]), folders: known)
                batch.events += next.events
                batch.isIncomplete = batch.isIncomplete || next.isIncomplete
            }
        }
        return batch
    }
}
