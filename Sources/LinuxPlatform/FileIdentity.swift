import Glibc

/// Which file has a name: another one when it was replaced.
package struct FileIdentity: Sendable, Equatable {
    /// Both 0 where there is no such file.
    private let device: UInt
    private let inode: UInt

    /// Nil when it cannot be told: that is no absence.
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
