import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// What a directory entry is.
public enum FileKind: Sendable, Equatable {
    case file, folder, link, other
}

/// What `lstat` says of a path.
public struct FileStatus: Sendable, Equatable {
    public let kind: FileKind
    public let size: Int
    /// Nanoseconds since 1970.
    public let modified: Int64
    public let inode, device: UInt64
}

/// Every durable call of the project: the one place that touches open, write, fsync, rename, unlink and mkdir, that owns
/// EINTR and short writes, and where tests make a call fail.
///
/// All functions throw `SystemError`.
public struct FileSystem: Sendable {
    /// Asked before each call; a non-nil errno makes it fail without being made.
    public typealias Intercept = @Sendable (_ call: String, _ path: RawPath) -> Int32?

    private let intercept: Intercept?

    public init(intercept: Intercept? = nil) { self.intercept = intercept }

    private func check(_ call: String, _ path: RawPath) throws {
        if let code = intercept?(call, path) { throw SystemError(call, path, code: code) }
    }

    /// Repeats a call while a signal interrupts it.
    private func retrying(_ call: String, _ path: RawPath, _ body: () -> Int) throws -> Int {
        try check(call, path)
        while true {
            let result = body()
            if result >= 0 { return result }
            if errno != EINTR { throw SystemError(call, path) }
        }
    }

    // MARK: Reading

    public func status(_ path: RawPath) throws -> FileStatus {
        var info = stat()
        _ = try retrying("lstat", path) { path.withCPath { Int(lstat($0, &info)) } }
        let kind: FileKind =
            switch info.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        return FileStatus(
            kind: kind, size: Int(info.st_size),
            modified: Int64(info.st_mtim.tv_sec) * 1_000_000_000 + Int64(info.st_mtim.tv_nsec),
            inode: UInt64(info.st_ino),
            device: UInt64(info.st_dev))
    }

    public func exists(_ path: RawPath) -> Bool { (try? status(path)) != nil }

    /// The whole file; one that grows past `limit` meanwhile is cut there.
    public func read(_ path: RawPath, limit: Int = 1 << 30) throws -> Data {
        try withFile(path, O_RDONLY | O_NOFOLLOW) { descriptor in try readAll(descriptor, path, limit: limit) }
    }

    /// The last `count` bytes.
    public func tail(_ path: RawPath, count: Int) throws -> Data {
        try withFile(path, O_RDONLY | O_NOFOLLOW) { descriptor in
            let end = Int(lseek(descriptor, 0, SEEK_END))
            lseek(descriptor, max(0, end - count), SEEK_SET)
            return try readAll(descriptor, path, limit: count)
        }
    }

    private func readAll(_ descriptor: Int32, _ path: RawPath, limit: Int) throws -> Data {
        var info = stat()
        fstat(descriptor, &info)
        var data = Data(capacity: min(limit, max(0, Int(info.st_size))))
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while data.count < limit {
            let count = try retrying("read", path) {
                chunk.withUnsafeMutableBytes {
                    Glibc.read(descriptor, $0.baseAddress, min($0.count, limit - data.count))
                }
            }
            if count == 0 { break }
            data.append(contentsOf: chunk[..<count])
        }
        return data
    }

    /// Names in a folder with their kinds, `.` and `..` left out, in no order. Links are not followed.
    public func list(_ folder: RawPath) throws -> [(name: RawPath, kind: FileKind)] {
        try check("opendir", folder)
        guard let directory = folder.withCPath({ opendir($0) }) else { throw SystemError("opendir", folder) }
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
    public func freeSpace(_ path: RawPath) throws -> Int {
        var info = statvfs()
        _ = try retrying("statvfs", path) { path.withCPath { Int(statvfs($0, &info)) } }
        return Int(info.f_bavail) * Int(info.f_frsize)
    }

    // MARK: Writing

    /// Makes a folder and those above it.
    public func makeFolder(_ path: RawPath, mode: mode_t = 0o755) throws {
        if (try? status(path))?.kind == .folder { return }
        if path.parent != path { try makeFolder(path.parent, mode: mode) }
        do {
            _ = try retrying("mkdir", path) { path.withCPath { Int(mkdir($0, mode)) } }
        } catch let error as SystemError where error.code == EEXIST {
            return
        }
        try syncFolder(path.parent)
    }

    /// Creates or replaces a file and makes its content durable; its name is durable once its folder is synced.
    public func create(_ path: RawPath, _ data: Data, mode: mode_t = 0o644) throws {
        try withFile(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode) { descriptor in
            try writeAll(descriptor, data, path)
            _ = try retrying("fsync", path) { Int(fsync(descriptor)) }
        }
    }

    private func writeAll(_ descriptor: Int32, _ data: Data, _ path: RawPath) throws {
        try data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            var written = 0
            while written < bytes.count {
                written += try retrying("write", path) {
                    Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
                }
            }
        }
    }

    /// Makes names created, moved or removed in a folder durable.
    public func syncFolder(_ path: RawPath) throws {
        try withFile(path, O_RDONLY | O_DIRECTORY) { descriptor in
            _ = try retrying("fsync", path) { Int(fsync(descriptor)) }
        }
    }

    /// Renames within one file system; the target is replaced.
    public func rename(_ source: RawPath, to target: RawPath) throws {
        try check("rename", target)
        let result = source.withCPath { source in target.withCPath { Glibc.rename(source, $0) } }
        if result != 0 { throw SystemError("rename", source) }
    }

    /// Removes a file; a missing one is fine.
    public func remove(_ path: RawPath) throws {
        do {
            _ = try retrying("unlink", path) { path.withCPath { Int(unlink($0)) } }
        } catch let error as SystemError where error.isMissing {}
    }

    /// Removes a folder with all it holds, never following links; a missing one is fine.
    public func removeTree(_ path: RawPath) throws {
        let entries: [(name: RawPath, kind: FileKind)]
        do {
            entries = try list(path)
        } catch let error as SystemError where error.isMissing {
            return
        }
        for entry in entries {
            let child = path.appending(entry.name)
            if entry.kind == .folder { try removeTree(child) } else { try remove(child) }
        }
        _ = try retrying("rmdir", path) { path.withCPath { Int(rmdir($0)) } }
    }

    /// Moves a file, durably in content and name, also to another file system (copy, sync, rename, then unlink the source).
    public func move(_ source: RawPath, to target: RawPath) throws {
        do {
            try rename(source, to: target)
        } catch let error as SystemError where error.code == EXDEV {
            let partial = target.parent.appending(
                RawPath(bytes: Array(".partial-".utf8) + target.name.bytes.prefix(240)))
            try copy(source, to: partial)
            try rename(partial, to: target)
            try syncFolder(target.parent)
            try remove(source)
        }
        try syncFolder(target.parent)
        try syncFolder(source.parent)
    }

    /// Copies a file's bytes durably, piece by piece.
    public func copy(_ source: RawPath, to target: RawPath) throws {
        try withFile(source, O_RDONLY | O_NOFOLLOW) { input in
            try withFile(target, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644) { output in
                var chunk = [UInt8](repeating: 0, count: 1 << 20)
                while true {
                    let count = try retrying("read", source) {
                        chunk.withUnsafeMutableBytes { Glibc.read(input, $0.baseAddress, $0.count) }
                    }
                    if count == 0 { break }
                    try writeAll(output, Data(chunk[..<count]), target)
                }
                _ = try retrying("fsync", target) { Int(fsync(output)) }
            }
        }
    }

    private func withFile<Result>(
        _ path: RawPath, _ flags: Int32, _ mode: mode_t = 0, _ body: (Int32) throws -> Result
    ) throws -> Result {
        let descriptor = Int32(
            try retrying("open", path) { path.withCPath { Int(open($0, flags | O_CLOEXEC | O_NONBLOCK, mode)) } })
        defer { close(descriptor) }
        return try body(descriptor)
    }
}
