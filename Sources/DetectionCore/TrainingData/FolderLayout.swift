import Foundation
import ImageFolders
import LinuxPlatform

/// Detects folders of a data set that hold no flawless images: a model fitted on a whole data set instead of its
/// `train/good` would learn from defects and masks.
///
/// Folder names decide: the MVTec AD layout and its relatives (`train`, `test`, `ground_truth`), also for several
/// categories side by side, and folders named after masks or defects.
enum FolderLayout {
    private static let maskNames: Set = [
        "ground_truth", "groundtruth", "ground-truth", "gt", "mask", "masks", "label", "labels", "annotation",
        "annotations", "segmentation", "segmentations",
    ]
    private static let defectNames: Set = [
        "defect", "defects", "defective", "bad", "ng", "nok", "not_ok", "anomaly", "anomalies", "anomalous", "abnormal",
        "1.abnormal", "faulty", "reject", "rejects",
    ]
    private static let goodNames = Set(Dataset.goodNames + ["normal", "flawless"])

    /// A folder whose images must not be fitted on.
    struct Fault: Sendable, Equatable {
        let folder: String
        let images: Int
        /// `masks`, the noun after the number of images.
        let kind: String
    }

    /// - Parameters:
    ///   - folders: as given by the user.
    ///   - files: the images found in them.
    static func faults(folders: [String], files: [RawPath]) -> [Fault] {
        folders.flatMap { folder -> [Fault] in
            let root = URL(fileURLWithPath: folder).standardizedFileURL.path
            let prefix = folder.hasSuffix("/") ? folder : folder + "/"
            let below = files.map(\.description).filter { $0.hasPrefix(prefix) }.map {
                $0.dropFirst(prefix.count).split(separator: "/").dropLast().map(String.init)
            }
            if let kind = kindOfItself(root) { return [Fault(folder: folder, images: below.count, kind: kind)] }
            return inside(folder, below)
        }
    }

    /// The folders to give instead: those of flawless training images below the named ones.
    static func remedy(folders: [String]) -> String? {
        let found = folders.flatMap { folder -> [String] in
            var roots = [folder]
            roots += ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().map {
                "\(folder)/\($0)"
            }
            return roots.flatMap { root in goodNames.sorted().map { "\(root)/train/\($0)" }.filter(isFolder) }
        }
        return found.isEmpty ? nil : found.prefix(3).joined(separator: ", ") + (found.count > 3 ? ", …" : "")
    }

    /// The reason why the named folder itself holds no flawless images, from its position in a data set.
    private static func kindOfItself(_ root: String) -> String? {
        let components = root.split(separator: "/").map(String.init)
        for (index, name) in components.enumerated().suffix(3) {
            let parent = "/" + components[..<index].joined(separator: "/")
            let isDataset = isFolder("\(parent)/train")
            if maskNames.contains(name.lowercased()), isDataset || index == components.count - 1 { return masks }
            guard name.lowercased() == "test", isDataset else { continue }
            let inner = components[(index + 1)...].first?.lowercased()
            if !(inner.map(goodNames.contains) ?? false) { return test }
        }
        return nil
    }

    private static let masks = "masks", defects = "images of defects"
    private static let test = "test images of a data set, defects among them"

    private static func inside(_ folder: String, _ below: [[String]]) -> [Fault] {
        let trained = Set(
            below.compactMap { path in
                path.firstIndex { $0.lowercased() == "train" }.map { path[..<$0].joined(separator: "/") }
            })
        var counts: [String: (kind: String, images: Int)] = [:], order: [String] = []
        for path in below {
            for (index, name) in path.enumerated() {
                let lower = name.lowercased(), parent = path[..<index].joined(separator: "/")
                let kind: String
                if maskNames.contains(lower) {
                    kind = masks
                } else if defectNames.contains(lower) {
                    kind = defects
                } else if lower == "test", trained.contains(parent) {
                    kind = test
                } else {
                    continue
                }
                let place = (parent.isEmpty ? "" : parent + "/") + name
                if counts[place] == nil { order.append(place) }
                counts[place] = (kind, (counts[place]?.images ?? 0) + 1)
                break
            }
        }
        let base = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        return order.sorted().compactMap { place in
            counts[place].map { Fault(folder: "\(base)/\(place)", images: $0.images, kind: $0.kind) }
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }
}
