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
    /// Nanoseconds since 1970: of the last change of content, and of content, name or permissions.
    public let modified, changed: Int64
    public let inode, device: UInt64

    /// Tells one file from another that later has its name. Stays when the file is renamed.
    public var fingerprint: String { "\(device).\(inode).\(size).\(modified)" }

    public init(kind: FileKind, size: Int, modified: Int64, changed: Int64, inode: UInt64, device: UInt64) {
        (self.kind, self.size, self.modified, self.changed) = (kind, size, modified, changed)
        (self.inode, self.device) = (inode, device)
    }
}

/// Every durable call of the project: the one place that touches open, write, fsync, rename, unlink and mkdir, that owns
/// EINTR and short writes, and where tests make a call fail.
///
/// All functions throw `SystemError`.
public struct FileSystem: Sendable {
    /// What a test makes of one call.
    public enum Fault: Sendable, Equatable {
        /// The call is not made and fails with this errno. `EINTR` is what a signal does: the call is tried again.
        case error(Int32)
        /// A read or write that moves at most so many bytes; no other call notices.
        case short(Int)
    }

    /// Asked before each call, each time that it is tried.
    public typealias Intercept = @Sendable (_ call: String, _ path: RawPath) -> Fault?

    private let intercept: Intercept?

    public init(intercept: Intercept? = nil) { self.intercept = intercept }

    /// Makes a call, again while a signal interrupts it.
    /// - Parameter body: is given how many bytes it may move at most.
    private func retrying(_ call: String, _ path: RawPath, _ body: (_ limit: Int) -> Int) throws -> Int {
        while true {
            var limit = Int.max
            switch intercept?(call, path) {
            case .error(EINTR): continue
            case .error(let code): throw SystemError(call, path, code: code)
            case .short(let count): limit = max(1, count)
            case nil: break
            }
            let result = body(limit)
            if result >= 0 { return result }
            if errno != EINTR { throw SystemError(call, path) }
        }
    }

    // MARK: Reading

    /// - Parameter followsLinks: speaks of what a link leads to instead of the link.
    public func status(_ path: RawPath, followsLinks: Bool = false) throws -> FileStatus {
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

    /// Whether nothing can be moved out of a folder, by its permissions or because its file system is read-only.
    public func isUnwritable(_ folder: RawPath) -> Bool {
        folder.withCPath { faccessat(AT_FDCWD, $0, W_OK | X_OK, AT_EACCESS) } != 0 && [EACCES, EROFS].contains(errno)
    }

    /// Whether something lies there. What cannot be told (an I/O error, say) is thrown, never taken for absence.
    public func exists(_ path: RawPath) throws -> Bool {
        do {
            _ = try status(path)
            return true
        } catch let error as SystemError where error.isMissing {
            return false
        }
    }

    /// The whole file; one that grows past `limit` meanwhile is cut there.
    public func read(_ path: RawPath, limit: Int = 1 << 30, followsLinks: Bool = false) throws -> Data {
        try withFile(path, O_RDONLY | (followsLinks ? 0 : O_NOFOLLOW)) { descriptor in
            try readAll(descriptor, path, limit: limit)
        }
    }

    /// The first `count` bytes, fewer where there are no more.
    public func head(_ path: RawPath, count: Int, followsLinks: Bool = false) throws -> Data {
        try withFile(path, O_RDONLY | (followsLinks ? 0 : O_NOFOLLOW)) { descriptor in
            try readAll(descriptor, path, limit: count)
        }
    }

    /// Opens a file and hands over a function that reads at most `count` bytes from an offset on, fewer at its end only.
    public func withReader<Result>(
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
    public func list(_ folder: RawPath) throws -> [(name: RawPath, kind: FileKind)] {
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
    public func freeSpace(_ path: RawPath) throws -> Int {
        var info = statvfs()
        _ = try retrying("statvfs", path) { _ in path.withCPath { Int(statvfs($0, &info)) } }
        return Int(info.f_bavail) * Int(info.f_frsize)
    }

    /// Bytes of the file system that holds `path`, free or not.
    public func totalSpace(_ path: RawPath) throws -> Int {
        var info = statvfs()
        _ = try retrying("statvfs", path) { _ in path.withCPath { Int(statvfs($0, &info)) } }
        return Int(info.f_blocks) * Int(info.f_frsize)
    }

    /// Has all file systems write what they have, and take note of what was removed.
    public func commitAll() { Glibc.sync() }

    // MARK: Writing

    /// Makes a folder and those above it.
    /// - Parameter isDurable: makes their names durable; else the caller syncs the folder above, when it matters.
    public func makeFolder(_ path: RawPath, mode: mode_t = 0o755, isDurable: Bool = true) throws {
        if (try? status(path))?.kind == .folder { return }
        if path.parent != path { try makeFolder(path.parent, mode: mode, isDurable: isDurable) }
        do {
            _ = try retrying("mkdir", path) { _ in path.withCPath { Int(mkdir($0, mode)) } }
            Inheritance.handOver(folder: path)
        } catch let error as SystemError where error.code == EEXIST {
            return
        }
        if isDurable { try syncFolder(path.parent) }
    }

    /// Creates or replaces a file and makes its content durable; its name is durable once its folder is synced.
    /// - Parameter isDurable: false for what need not survive a power cut.
    public func create(_ path: RawPath, _ data: Data, mode: mode_t = 0o644, isDurable: Bool = true) throws {
        guard !isDurable else { return try create([(path, data)], mode: mode) }
        try withFile(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode) { try writeAll($0, data, path) }
    }

    /// Creates or replaces files and makes their contents durable. All are written before the first is synced: a journalling
    /// file system then commits once for all of them.
    public func create(_ files: [(path: RawPath, data: Data)], mode: mode_t = 0o644) throws {
        guard let (path, data) = files.first else { return }
        try withFile(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode) { descriptor in
            try writeAll(descriptor, data, path)
            try create(Array(files.dropFirst()), mode: mode)
            _ = try retrying("fsync", path) { _ in Int(fsync(descriptor)) }
        }
    }

    /// Makes an empty file where there is none.
    public func ensure(_ path: RawPath, mode: mode_t = 0o644) throws { try append(path, Data(), mode: mode) }

    /// Writes at a file's end, and makes the file where there is none. Not durable: it survives the process, not a power cut.
    public func append(_ path: RawPath, _ data: Data, mode: mode_t = 0o644) throws {
        try withFile(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode) { try writeAll($0, data, path) }
    }

    private func writeAll(_ descriptor: Int32, _ data: Data, _ path: RawPath) throws {
        try data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            var written = 0
            while written < bytes.count {
                written += try retrying("write", path) { most in
                    Glibc.write(descriptor, bytes.baseAddress! + written, min(most, bytes.count - written))
                }
            }
        }
    }

    /// Makes a file's content durable, whoever wrote it.
    public func sync(_ path: RawPath) throws {
        try withFile(path, O_RDONLY | O_NOFOLLOW) { descriptor in
            _ = try retrying("fsync", path) { _ in Int(fsync(descriptor)) }
        }
    }

    /// Makes names created, moved or removed in a folder durable.
    public func syncFolder(_ path: RawPath) throws {
        try withFile(path, O_RDONLY | O_DIRECTORY) { descriptor in
            _ = try retrying("fsync", path) { _ in Int(fsync(descriptor)) }
        }
    }

    /// Renames within one file system; the target is replaced.
    public func rename(_ source: RawPath, to target: RawPath) throws {
        do {
            _ = try retrying("rename", target) { _ in
                source.withCPath { source in target.withCPath { Int(Glibc.rename(source, $0)) } }
            }
        } catch let error as SystemError {
            let both = RawPath(bytes: source.bytes + Array(" to ".utf8) + target.bytes)
            throw SystemError("rename", both, code: error.code)
        }
    }

    /// Gives a file the present time as that of its last change.
    public func touch(_ path: RawPath) throws {
        _ = try retrying("utimensat", path) { _ in path.withCPath { Int(utimensat(AT_FDCWD, $0, nil, 0)) } }
    }

    /// Removes a file; a missing one is fine.
    public func remove(_ path: RawPath) throws {
        do {
            _ = try retrying("unlink", path) { _ in path.withCPath { Int(unlink($0)) } }
        } catch let error as SystemError where error.isMissing {}
    }

    /// Removes a folder with all it holds, or a file, never following links; a missing one is fine.
    public func removeTree(_ path: RawPath) throws {
        let entries: [(name: RawPath, kind: FileKind)]
        do {
            guard try status(path).kind == .folder else { return try remove(path) }
            entries = try list(path)
        } catch let error as SystemError where error.isMissing {
            return
        }
        for entry in entries {
            let child = path.appending(entry.name)
            if entry.kind == .folder { try removeTree(child) } else { try remove(child) }
        }
        try removeFolder(path)
    }

    /// Removes an empty folder.
    public func removeFolder(_ path: RawPath) throws {
        _ = try retrying("rmdir", path) { _ in path.withCPath { Int(rmdir($0)) } }
    }

    /// A file was not copied, or its copy not used, because it is still being written. Nothing was changed.
    public struct StillWritten: Error, Sendable, Equatable, CustomStringConvertible {
        public let path: RawPath
        public var description: String { "\(path) is still being written; it is copied when its writer has finished" }
    }

    /// Moves a file, also to another file system (durable copy, then unlink the source). Its new name is durable once the
    /// target's folder is synced, the old one gone for good once the source's is.
    ///
    /// Throws `StillWritten` too, when the file would have to be copied and a program has it open for writing or changed it
    /// while it was copied: what is written on after the copy would be lost with the source.
    public func move(_ source: RawPath, to target: RawPath) throws {
        do {
            try rename(source, to: target)
        } catch let error as SystemError where error.code == EXDEV {
            try copyWhole(source, to: target)
            try remove(source)
        }
    }

    /// Replaces a link by a file of its own at another place: copies what it leads to, durably, then removes the link.
    public func moveContent(ofLink source: RawPath, to target: RawPath) throws {
        try copyWhole(source, to: target, followsLinks: true)
        try remove(source)
    }

    /// A durable copy that is complete when it has its name, and that holds all of the source.
    private func copyWhole(_ source: RawPath, to target: RawPath, followsLinks: Bool = false) throws {
        let partial = target.parent.appending(
            RawPath(bytes: Array(".partial-".utf8) + target.name.bytes.prefix(240)))
        let before = try status(source, followsLinks: followsLinks)
        guard isOpenForWriting(source, followsLinks: followsLinks) != true else { throw StillWritten(path: source) }
        do {
            try copy(source, to: partial, followsLinks: followsLinks)
            let after = try status(source, followsLinks: followsLinks)
            guard after == before, isOpenForWriting(source, followsLinks: followsLinks) != true else {
                throw StillWritten(path: source)
            }
        } catch let error as StillWritten {
            try remove(partial)
            throw error
        }
        try rename(partial, to: target)
        try syncFolder(target.parent)
    }

    /// Copies a file's bytes durably, piece by piece.
    public func copy(_ source: RawPath, to target: RawPath, followsLinks: Bool = false) throws {
        try withFile(source, O_RDONLY | (followsLinks ? 0 : O_NOFOLLOW)) { input in
            try withFile(target, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644) { output in
                var chunk = [UInt8](repeating: 0, count: 1 << 20)
                while true {
                    let count = try retrying("read", source) { most in
                        chunk.withUnsafeMutableBytes { Glibc.read(input, $0.baseAddress, min($0.count, most)) }
                    }
                    if count == 0 { break }
                    try writeAll(output, Data(chunk[..<count]), target)
                }
                _ = try retrying("fsync", target) { _ in Int(fsync(output)) }
            }
        }
    }

    private func withFile<Result>(
        _ path: RawPath, _ flags: Int32, _ mode: mode_t = 0, _ body: (Int32) throws -> Result
    ) throws -> Result {
        let descriptor = Int32(
            try retrying("open", path) { _ in path.withCPath { Int(open($0, flags | O_CLOEXEC | O_NONBLOCK, mode)) } })
        defer { close(descriptor) }
        if flags & O_CREAT != 0 { Inheritance.handOver(descriptor, madeIn: path.parent) }
        return try body(descriptor)
    }
}

extension timespec {
    /// Since its clock's beginning.
    fileprivate var nanoseconds: Int64 { Int64(tv_sec) * 1_000_000_000 + Int64(tv_nsec) }
}
