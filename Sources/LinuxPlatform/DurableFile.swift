import Foundation

/// Small files that must survive a power cut: complete or not there, never half.
package enum DurableFile {
    /// Writes under a temporary name, syncs, renames over the target, syncs the folder.
    ///
    /// The temporary name is always the same for a target, so that what a dead process left is overwritten by the next.
    /// Two processes that may write the same target need a lock.
    /// - Parameter temporary: the temporary file, on the target's file system; hidden beside the target by default.
    package static func write(
        _ data: Data, to path: String, through temporary: RawPath? = nil, fileSystem: FileSystem = FileSystem()
    ) throws {
        try write(data, to: RawPath(path), through: temporary, fileSystem: fileSystem)
    }

    /// The same for a path of any bytes.
    package static func write(
        _ data: Data, to target: RawPath, through temporary: RawPath? = nil, fileSystem: FileSystem = FileSystem()
    ) throws {
        let temporary =
            temporary
            ?? target.parent.appending(RawPath(bytes: Array(".".utf8) + target.name.bytes + Array(".tmp".utf8)))
        do {
            try fileSystem.create(temporary, data)
            try fileSystem.rename(temporary, to: target)
        } catch {
            try? fileSystem.remove(temporary)
            throw error
        }
        try fileSystem.syncFolder(target.parent)
    }

    /// Renames a file or folder whose content is durable already, and makes the new name durable.
    package static func rename(_ source: String, to target: String, fileSystem: FileSystem = FileSystem()) throws {
        try fileSystem.rename(RawPath(source), to: RawPath(target))
        try fileSystem.syncFolder(RawPath(target).parent)
    }
}
