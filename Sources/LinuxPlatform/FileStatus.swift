/// The kind of a directory entry.
package enum FileKind: Sendable, Equatable {
    case file, folder, link, other
}

/// The result of `lstat` for a path.
package struct FileStatus: Sendable, Equatable {
    package let kind: FileKind
    package let size: Int
    /// Nanoseconds since 1970: of the last change of content, and of content, name or permissions.
    package let modified, changed: Int64
    package let inode, device: UInt64

    /// Distinguishes a file from another that later has its name. Unchanged when the file is renamed.
    package var fingerprint: String { "\(device).\(inode).\(size).\(modified)" }

    package init(kind: FileKind, size: Int, modified: Int64, changed: Int64, inode: UInt64, device: UInt64) {
        (self.kind, self.size, self.modified, self.changed) = (kind, size, modified, changed)
        (self.inode, self.device) = (inode, device)
    }
}
