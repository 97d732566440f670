/// What a directory entry is.
package enum FileKind: Sendable, Equatable {
    case file, folder, link, other
}

/// What `lstat` says of a path.
package struct FileStatus: Sendable, Equatable {
    package let kind: FileKind
    package let size: Int
    /// Nanoseconds since 1970: of the last change of content, and of content, name or permissions.
    package let modified, changed: Int64
    package let inode, device: UInt64

    /// Tells one file from another that later has its name. Stays when the file is renamed.
    package var fingerprint: String { "\(device).\(inode).\(size).\(modified)" }

    package init(kind: FileKind, size: Int, modified: Int64, changed: Int64, inode: UInt64, device: UInt64) {
        (self.kind, self.size, self.modified, self.changed) = (kind, size, modified, changed)
        (self.inode, self.device) = (inode, device)
    }
}
