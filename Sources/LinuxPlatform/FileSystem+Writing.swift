import Foundation
import Glibc

extension FileSystem {
    /// Makes a folder and those above it.
    /// - Parameter isDurable: makes their names durable; else the caller syncs the folder above, when it matters.
    package func makeFolder(_ path: RawPath, mode: mode_t = 0o755, isDurable: Bool = true) throws {
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
    /// - Parameter isDurable: false for a file that need not survive a power cut.
    package func create(_ path: RawPath, _ data: Data, mode: mode_t = 0o644, isDurable: Bool = true) throws {
        guard !isDurable else { return try create([(path, data)], mode: mode) }
        try withFile(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode) { try writeAll($0, data, path) }
    }

    /// Creates or replaces files and makes their contents durable. All are written before the first is synced: a
    /// journalling file system then commits once for all of them.
    package func create(_ files: [(path: RawPath, data: Data)], mode: mode_t = 0o644) throws {
        guard let (path, data) = files.first else { return }
        try withFile(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode) { descriptor in
            try writeAll(descriptor, data, path)
            try create(Array(files.dropFirst()), mode: mode)
            _ = try retrying("fsync", path) { _ in Int(fsync(descriptor)) }
        }
    }

    /// Creates an empty file if there is none.
    package func ensure(_ path: RawPath, mode: mode_t = 0o644) throws { try append(path, Data(), mode: mode) }

    /// Writes at a file's end, and makes the file where there is none. Not durable: it survives the process, not a
    /// power cut.
    package func append(_ path: RawPath, _ data: Data, mode: mode_t = 0o644) throws {
        try withFile(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode) { try writeAll($0, data, path) }
    }

    func writeAll(_ descriptor: Int32, _ data: Data, _ path: RawPath) throws {
        try data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            var written = 0
            while written < bytes.count {
                written += try retrying("write", path) { most in
                    Glibc.write(descriptor, bytes.baseAddress! + written, min(most, bytes.count - written))
                }
            }
        }
    }

    /// Makes a file's content durable, whichever program wrote it.
    package func sync(_ path: RawPath) throws {
        try withFile(path, O_RDONLY | O_NOFOLLOW) { descriptor in
            _ = try retrying("fsync", path) { _ in Int(fsync(descriptor)) }
        }
    }

    /// Makes names created, moved or removed in a folder durable.
    package func syncFolder(_ path: RawPath) throws {
        try withFile(path, O_RDONLY | O_DIRECTORY) { descriptor in
            _ = try retrying("fsync", path) { _ in Int(fsync(descriptor)) }
        }
    }
}
