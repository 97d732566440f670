import Glibc

/// A file without a name: it vanishes with the process, however that ends. Disjoint parts may be read and written from
/// several threads at once.
package final class NamelessFile: Sendable {
    private let descriptor: Int32
    private let folder: RawPath

    /// Creates the file and reserves its space: a full disk is reported before the work, not after it.
    /// - Throws: `SystemError`.
    package init(in folder: String, bytes: Int) throws {
        self.folder = RawPath(folder)
        var template = Array("\(folder)/inspectd-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw SystemError("mkstemp", self.folder) }
        unlink(template)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let code = posix_fallocate(descriptor, 0, bytes)
        // A class whose initialiser throws after its last property was set is deinitialised: the descriptor is closed
        // there.
        if code != 0 { throw SystemError("posix_fallocate", self.folder, code: code) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// - Throws: `SystemError`.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        try transfer("pwrite", bytes.count) { done in
            pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, offset + done)
        }
    }

    /// Fills the buffer.
    /// - Throws: `SystemError`, also if the file was truncated.
    package func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws {
        try transfer("pread", bytes.count) { done in
            pread(descriptor, bytes.baseAddress! + done, bytes.count - done, offset + done)
        }
    }

    /// Calls until all bytes are moved.
    private func transfer(_ call: String, _ count: Int, _ body: (_ done: Int) -> Int) throws {
        var done = 0
        while done < count {
            let moved = body(done)
            if moved < 0, errno == EINTR { continue }
            if moved <= 0 { throw SystemError(call, folder, code: moved < 0 ? errno : EIO) }
            done += moved
        }
    }
}
