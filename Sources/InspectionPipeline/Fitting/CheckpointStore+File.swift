import AnomalyDetectors
import Foundation
import LinuxPlatform

extension CheckpointStore {
    /// One file, replaced whole and durably at every save.
    public static func file(_ path: String) -> CheckpointStore {
        CheckpointStore(
            load: {
                guard FileManager.default.fileExists(atPath: path) else { return nil }
                return try Data(contentsOf: URL(fileURLWithPath: path))
            },
            save: { data in
                let folder = (path as NSString).deletingLastPathComponent
                if !folder.isEmpty {
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                }
                try DurableFile.write(data, to: path)
            },
            discard: { try? FileManager.default.removeItem(atPath: path) })
    }
}
