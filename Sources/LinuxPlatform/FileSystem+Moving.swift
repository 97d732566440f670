import Foundation
import Glibc

extension FileSystem {
    /// Renames within one file system; the target is replaced.
    package func rename(_ source: RawPath, to target: RawPath) throws {
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
    package func touch(_ path: RawPath) throws {
        _ = try retrying("utimensat", path) { _ in path.withCPath { Int(utimensat(AT_FDCWD, $0, nil, 0)) } }
    }

    /// Removes a file; a missing one is fine.
    package func remove(_ path: RawPath) throws {
        do {
            _ = try retrying("unlink", path) { _ in path.withCPath { Int(unlink($0)) } }
        } catch let error as SystemError where error.isMissing {}
    }

    /// Removes a folder with all it holds, or a file, never following links; a missing one is fine.
    package func removeTree(_ path: RawPath) throws {
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
    package func removeFolder(_ path: RawPath) throws {
        _ = try retrying("rmdir", path) { _ in path.withCPath { Int(rmdir($0)) } }
    }

    /// A file was not copied, or its copy not used, because it is still being written. Nothing was changed.
    package struct StillWritten: Error, Sendable, Equatable, CustomStringConvertible {
        package let path: RawPath
        package var description: String { "\(path) is still being written; it is copied when its writer has finished" }
    }

    /// Moves a file, also to another file system (durable copy, then unlink the source). Its new name is durable once
    /// the target's folder is synced, the old one gone for good once the source's is.
    ///
    /// Throws `StillWritten` too, when the file would have to be copied and a program has it open for writing or
    /// changed it while it was copied: later writes would be lost with the source.
    package func move(_ source: RawPath, to target: RawPath) throws {
        do {
            try rename(source, to: target)
        } catch let error as SystemError where error.code == EXDEV {
            try copyWhole(source, to: target)
            try remove(source)
        }
    }

    /// Replaces a link by a file at another path: copies the link's target durably, then removes the link.
    package func moveContent(ofLink source: RawPath, to target: RawPath) throws {
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
    package func copy(_ source: RawPath, to target: RawPath, followsLinks: Bool = false) throws {
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
}
