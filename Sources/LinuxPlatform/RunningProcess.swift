import Foundation
import Glibc

/// Another process.
package enum RunningProcess {
    /// Whether a process with this id lives, whatever its user.
    package static func exists(_ pid: Int32) -> Bool { kill(pid, 0) == 0 || errno == EPERM }

    /// The process that wrote its id into a lock's file, without touching the lock; nil when it is gone, or another
    /// program has its id by now.
    ///
    /// A process whose name is hidden (`hidepid`) counts as the holder as long as it lives: its id is in the lock.
    /// - Parameter program: the holder's name.
    /// - Throws: `SystemError` when this user may not read the file, which does not mean that there is no holder.
    package static func holder(of lock: RawPath, program: String) throws -> Int32? {
        let content: Data
        do {
            content = try FileSystem().read(lock, limit: 64)
        } catch let error as SystemError where error.isMissing {
            return nil
        }
        func text(_ data: Data) -> String {
            String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard let holder = Int32(text(content)), holder > 0 else { return nil }
        guard let name = FileManager.default.contents(atPath: "/proc/\(holder)/comm") else {
            return exists(holder) ? holder : nil
        }
        // The kernel keeps 15 bytes of a name.
        return text(name) == program.prefix(15) ? holder : nil
    }
}
