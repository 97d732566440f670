import LinuxPlatform
import Synchronization

/// Folders of claims that are done with, kept for the next claims: never more than frames were in work at a time.
///
/// Making and removing a folder and a file for every frame costs more than its results do: whenever ext4 looks for a free inode,
/// it passes over those that were freed in the last seconds, one by one.
final class SpareFolders: Sendable {
    private let folders = Mutex<[RawPath]>([])

    func take() -> RawPath? { folders.withLock { $0.popLast() } }

    func keep(_ folder: RawPath) { folders.withLock { $0.append(folder) } }

    /// What lies on the disk, at the start.
    func replace(with found: [RawPath]) { folders.withLock { $0 = found } }
}
