import DetectionCore
import Foundation
import LinuxPlatform

extension CheckpointStore {
    /// One file, replaced whole and durably at every save.
    package static func file(_ path: String) -> CheckpointStore {
        CheckpointStore(
            load: {
                do {
                    return try FileSystem().read(RawPath(path), limit: .max, followsLinks: true)
                } catch let error as SystemError where error.isMissing {
                    return nil
                }
            },
            save: { data in
                try FileSystem().makeFolder(RawPath(path).parent)
                try DurableFile.write(data, to: path)
            },
            discard: { try? FileManager.default.removeItem(atPath: path) })
    }
}
