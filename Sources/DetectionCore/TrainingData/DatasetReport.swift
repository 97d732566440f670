import Foundation
import ImageFolders
import Imaging

/// The properties of images before a fit, as `inspectctl dataset check` prints them.
package struct DatasetReport: Codable, Sendable {
    package struct Unreadable: Codable, Sendable { package let path, reason: String }
    package struct Stranger: Codable, Sendable {
        package let path: String
        /// The distance from the others as a multiple of the usual one.
        package let timesUsual: Double

        enum CodingKeys: String, CodingKey {
            case path
            case timesUsual = "times_usual"
        }
    }
    package struct Folder: Codable, Sendable {
        package let folder: String
        package let images: Int
        package let kind: String
    }
    package struct Shared: Codable, Sendable {
        package let image, with: String
        /// Whether the files are identical; else another image of the same part.
        package let isCopy: Bool

        enum CodingKeys: String, CodingKey {
            case image, with
            case isCopy = "is_copy"
        }
    }

    package let folders: [String]
    package let images: Int
    package let unreadable: [Unreadable]
    /// Entries that are not images, by reason.
    package let skipped: [String: Int]
    package let withoutContrast, transparent, masks: [String]
    /// The number of different parts in the images.
    package let parts: Int
    /// The number of images of the most frequent part.
    package let largestPart: Int
    /// Files that are identical to another.
    package let copies: Int
    package let strangers: [Stranger]
    package let sizes: [ImageSizes.Entry]
    package let bitDepths: [Int]
    package let lowest, highest: Int
    package let intensity: IntensityRange
    package let misplaced: [Folder]
    /// Calibration images that share a part with fitting images.
    package var shared: [Shared] = []
    /// The reasons why `fit` would refuse the images; empty for none.
    package var refusals: [String]
    package var remarks: [String]
    package var isAcceptable: Bool { refusals.isEmpty }

    enum CodingKeys: String, CodingKey {
        case folders, images, unreadable, transparent, masks, parts, copies, strangers, sizes, lowest, highest,
            intensity, misplaced
        case shared, refusals, remarks
        case skipped
        case withoutContrast = "without_contrast"
        case largestPart = "largest_part"
        case bitDepths = "bit_depths"
    }

    package init(_ data: TrainingData) {
        let profiles = data.profiles
        folders = data.folders
        images = profiles.count
        unreadable = data.unreadable.map { Unreadable(path: $0.path, reason: $0.reason) }
        skipped = data.skipped
        withoutContrast = data.flat.map { profiles[$0].path }
        transparent = data.transparent.map { profiles[$0].path }
        masks = data.masks.map { profiles[$0].path }
        parts = data.parts.count
        largestPart = data.parts.map(\.count).max() ?? 0
        copies = profiles.count - Set(profiles.map(\.print.digest)).count
        strangers = data.strangers.map {
            Stranger(path: profiles[$0.index].path, timesUsual: Double($0.timesUsual))
        }
        sizes = data.sizes
        bitDepths = Set(profiles.map(\.bitDepth)).sorted()
        lowest = profiles.map(\.lowest).min() ?? 0
        highest = profiles.map(\.highest).max() ?? 0
        intensity = data.intensity
        misplaced = data.layout.map { Folder(folder: $0.folder, images: $0.images, kind: $0.kind) }
        refusals = data.refusals
        remarks = data.remarks
    }

    /// Compares the images, as calibration images, with fitting images.
    package mutating func compare(_ data: TrainingData, fittedOn other: TrainingData) {
        let found = SameParts.shared(fitting: other.profiles.map(\.print), calibration: data.profiles.map(\.print))
        shared = found.map {
            Shared(
                image: data.profiles[$0.calibration].path, with: other.profiles[$0.fitting].path, isCopy: $0.isCopy)
        }
        let leak = TrainingData.leakage(
            found, fitting: other.profiles.map(\.path), calibration: data.profiles.map(\.path))
        if let leak { refusals.append(leak) }
    }
}
