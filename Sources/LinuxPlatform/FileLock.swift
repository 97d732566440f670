import Foundation
import Glibc

/// An exclusive lock on a file, held until it is released or the value is gone; the kernel releases it when the process
/// dies.
package final class FileLock: Sendable {
    private let descriptor: Int32

    /// Another process holds the lock.
    package struct Held: Error, Sendable, CustomStringConvertible {
        package let path: String
        /// The process id that the holder wrote into the file.
        package let holder: String
        package var description: String {
            "\(path) is locked by process \(holder.isEmpty ? "unknown" : holder); stop it first, or use another folder"
        }
    }

    /// - Parameter waits: whether to wait until the lock is free; else `Held` is thrown.
    /// - Throws: `SystemError`, `Held`.
    package convenience init(path: String, waits: Bool = true) throws {
        try self.init(path: RawPath(path), waits: waits)
    }

    /// The same for a path of any bytes.
    package init(path raw: RawPath, waits: Bool = true) throws {
        descriptor = raw.withCPath { open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644) }
        guard descriptor >= 0 else { throw SystemError("open", raw) }
        Inheritance.handOver(descriptor, madeIn: raw.parent)
        while flock(descriptor, waits ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            let code = errno
            var holder = [UInt8](repeating: 0, count: 16)
            let count = Glibc.read(descriptor, &holder, holder.count)
            close(descriptor)
            if code == EWOULDBLOCK {
                throw Held(
                    path: raw.description,
                    holder: String(decoding: holder.prefix(max(0, count)), as: UTF8.self)
                        .trimmingCharacters(in: .whitespacesAndNewlines))
            }
            throw SystemError("flock", raw, code: code)
        }
        if !waits {
            ftruncate(descriptor, 0)
            let text = Array("\(getpid())\n".utf8)
            _ = pwrite(descriptor, text, text.count, 0)
        }
    }

    /// Gives the lock up before the value is gone.
    package func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }
}
