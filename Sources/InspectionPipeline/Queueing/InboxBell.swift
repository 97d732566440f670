import LinuxPlatform
import Synchronization

/// Wakes the inbox while it waits for events, from any thread.
package final class InboxBell: Sendable {
    private let inotify = Mutex<Inotify?>(nil)

    package init() {}

    func connect(_ inotify: Inotify?) { self.inotify.withLock { $0 = inotify } }

    func ring() { inotify.withLock { $0?.wake() } }
}
