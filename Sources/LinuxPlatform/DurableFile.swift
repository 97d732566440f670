import Foundation

/// Small files that must survive a power cut: complete or not there, never half.
public enum DurableFile {
    /// Writes beside the target, syncs, renames over it, syncs the folder.
    public static func write(_ data: Data, to path: String, fileSystem: FileSystem = FileSystem()) throws {
        let target = RawPath(path)
        let temporary = target.parent / ".\(UUID().uuidString).tmp"
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
    public static func rename(_ source: String, to target: String, fileSystem: FileSystem = FileSystem()) throws {
        try fileSystem.rename(RawPath(source), to: RawPath(target))
        try fileSystem.syncFolder(RawPath(target).parent)
    }
}
