import Glibc

/// The identity of the file under a name, which changes when the file is replaced.
package struct FileIdentity: Sendable, Equatable {
    /// Both 0 where there is no such file.
    private let device: UInt
    private let inode: UInt

    /// Nil if existence cannot be determined.
    package init?(path: String) {
        var status = stat()
        if stat(path, &status) == 0 {
            (device, inode) = (UInt(status.st_dev), UInt(status.st_ino))
        } else if errno == ENOENT || errno == ENOTDIR {
            (device, inode) = (0, 0)
        } else {
            return nil
        }
    }

    package var exists: Bool { inode != 0 }
}
