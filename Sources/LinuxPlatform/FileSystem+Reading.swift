import Foundation
import Glibc

extension FileSystem {
    /// - Parameter followsLinks: returns the status of the link's target instead of the link's.
    package func status(_ path: RawPath, followsLinks: Bool = false) throws -> FileStatus {
        var info = stat()
        _ = try retrying(followsLinks ? "stat" : "lstat", path) { _ in
            path.withCPath { Int(followsLinks ? stat($0, &info) : lstat($0, &info)) }
        }
        let kind: FileKind =
            switch info.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        return FileStatus(
            kind: kind, size: Int(info.st_size),
            modified: info.st_mtim.nanoseconds, changed: info.st_ctim.nanoseconds,
            inode: UInt64(info.st_ino), device: UInt64(info.st_dev))
    }

    /// A user's permissions on a file or folder.
    package struct Permissions: OptionSet, Sendable {
        package let rawValue: Int32
        package init(rawValue: Int32) { self.rawValue = rawValue }

        package static let read = Permissions(rawValue: R_OK)
        package static let write = Permissions(rawValue: W_OK)
        /// The permission to reach a folder's content.
        package static let enter = Permissions(rawValue: X_OK)
    }

    /// Whether this process's user may do all of it; with no permissions named, whether there is such a file.
    package func permits(_ permissions: Permissions, _ path: RawPath) -> Bool {
        path.withCPath { access($0, permissions.rawValue) } == 0
    }

    /// Whether nothing can be moved out of a folder, by its permissions or because its file system is read-only.
    package func isUnwritable(_ folder: RawPath) -> Bool {
        folder.withCPath { faccessat(AT_FDCWD, $0, W_OK | X_OK, AT_EACCESS) } != 0 && [EACCES, EROFS].contains(errno)
    }

    /// Whether the path exists; throws if existence cannot be determined, for example after an I/O error.
    package func exists(_ path: RawPath) throws -> Bool {
        do {
            _ = try status(path)
            return true
        } catch let error as SystemError where error.isMissing {
            return false
        }
    }

    /// The whole file; one that grows past `limit` meanwhile is cut there.
    package func read(_ path: RawPath, limit: Int = 1 << 30, followsLinks: Bool = false) throws -> Data {
        try withFile(path, O_RDONLY | (followsLinks ? 0 : O_NOFOLLOW)) { descriptor in
            try readAll(descriptor, path, limit: limit)
        }
    }

    /// The first `count` bytes, fewer where there are no more.
    package func head(_ path: RawPath, count: Int, followsLinks: Bool = false) throws -> Data {
        try withFile(path, O_RDONLY | (followsLinks ? 0 : O_NOFOLLOW)) { descriptor in
            try readAll(descriptor, path, limit: count)
        }
    }

    /// Opens a file and hands over a function that reads at most `count` bytes from an offset on, fewer at its end
    /// only.
    package func withReader<Result>(
        _ path: RawPath, followsLinks: Bool = false,
        _ body: (_ read: (_ offset: Int, _ count: Int) throws -> Data) throws -> Result
    ) throws -> Result {
        try withFile(path, O_RDONLY | (followsLinks ? 0 : O_NOFOLLOW)) { descriptor in
            try body { offset, count in
                var data = Data(count: count)
                var filled = 0
                while filled < count {
                    let moved = try data.withUnsafeMutableBytes { bytes in
                        try retrying("read", path) { most in
                            pread(
                                descriptor, bytes.baseAddress! + filled, min(count - filled, most),
                                off_t(offset + filled))
                        }
                    }
                    if moved == 0 { break }
                    filled += moved
                }
                return filled == count ? data : data.prefix(filled)
            }
        }
    }

    private func readAll(_ descriptor: Int32, _ path: RawPath, limit: Int) throws -> Data {
        var info = stat()
        fstat(descriptor, &info)
        let expected = min(limit, max(0, Int(info.st_size)))
        var data = Data(capacity: expected)
        // One byte more than expected, so that the end is seen with the second read.
        var chunk = [UInt8](repeating: 0, count: min(1 << 18, expected + 1))
        while data.count < limit {
            let count = try retrying("read", path) { most in
                chunk.withUnsafeMutableBytes {
                    Glibc.read(descriptor, $0.baseAddress, min($0.count, limit - data.count, most))
                }
            }
            if count == 0 { break }
            data.append(contentsOf: chunk[..<count])
        }
        return data
    }

    /// Names in a folder with their kinds, `.` and `..` left out, in no order. Links are not followed.
    package func list(_ folder: RawPath) throws -> [(name: RawPath, kind: FileKind)] {
        var opened: OpaquePointer?
        _ = try retrying("opendir", folder) { _ in
            opened = folder.withCPath { opendir($0) }
            return opened == nil ? -1 : 0
        }
        guard let directory = opened else { throw SystemError("opendir", folder) }
        defer { closedir(directory) }
        var entries: [(name: RawPath, kind: FileKind)] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { RawPath(bytes: Array($0.prefix { $0 != 0 })) }
            if name.bytes == [0x2e] || name.bytes == [0x2e, 0x2e] { continue }
            let kind: FileKind
            switch Int32(entry.pointee.d_type) {
            case Int32(DT_REG): kind = .file
            case Int32(DT_DIR): kind = .folder
            case Int32(DT_LNK): kind = .link
            case Int32(DT_UNKNOWN): kind = (try? status(folder.appending(name)))?.kind ?? .other
            default: kind = .other
            }
            entries.append((name, kind))
        }
        return entries
    }

    /// Bytes free for us on the file system that holds `path`.
    package func freeSpace(_ path: RawPath) throws -> Int {
        var info = statvfs()
        _ = try retrying("statvfs", path) { _ in path.withCPath { Int(statvfs($0, &info)) } }
        return Int(info.f_bavail) * Int(info.f_frsize)
    }

    /// Bytes of the file system that holds `path`, free or not.
    package func totalSpace(_ path: RawPath) throws -> Int {
        var info = statvfs()
        _ = try retrying("statvfs", path) { _ in path.withCPath { Int(statvfs($0, &info)) } }
        return Int(info.f_blocks) * Int(info.f_frsize)
    }

    /// Makes all file systems write their data and account for removals.
    package func commitAll() { Glibc.sync() }
}

extension timespec {
    /// Nanoseconds since the clock's beginning.
    fileprivate var nanoseconds: Int64 { Int64(tv_sec) * 1_000_000_000 + Int64(tv_nsec) }
}
