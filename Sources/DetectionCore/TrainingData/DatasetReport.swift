import Foundation
import ImageFolders
import Imaging

/// All that is known of images before anything is fitted on them: what `inspectctl dataset check` prints.
package struct DatasetReport: Codable, Sendable {
    package struct Unreadable: Codable, Sendable { package let path, reason: String }
    package struct Stranger: Codable, Sendable {
        package let path: String
        /// How many times as far from the others as is usual.
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
        /// The same file byte for byte; else another image of the same part.
        package let isCopy: Bool

        enum CodingKeys: String, CodingKey {
            case image, with
            case isCopy = "is_copy"
        }
    }

    package let folders: [String]
    package let images: Int
    package let unreadable: [Unreadable]
    /// Entries that are no images, by reason.
    package let passedOver: [String: Int]
    package let withoutContrast, transparent, masks: [String]
    /// Different parts that the images show.
    package let parts: Int
    /// Images of the part that most of them show.
    package let largestPart: Int
    /// Files that are byte for byte the same as another.
    package let copies: Int
    package let strangers: [Stranger]
    package let sizes: [ImageSizes.Entry]
    package let bitDepths: [Int]
    package let lowest, highest: Int
    package let intensity: IntensityRange
    package let misplaced: [Folder]
    /// Images that are compared with none, or that others were fitted on too.
    package var shared: [Shared] = []
    /// Why `fit` would refuse the images; empty when it would not.
    package var refusals: [String]
    package var remarks: [String]
    package var isAcceptable: Bool { refusals.isEmpty }

    enum CodingKeys: String, CodingKey {
        case folders, images, unreadable, transparent, masks, parts, copies, strangers, sizes, lowest, highest,
            intensity, misplaced
        case shared, refusals, remarks
        case passedOver = "passed_over"
        case withoutContrast = "without_contrast"
        case largestPart = "largest_part"
        case bitDepths = "bit_depths"
    }

    package init(_ data: TrainingData) {
        let profiles = data.profiles
        folders = data.folders
        images = profiles.count
        unreadable = data.unreadable.map { Unreadable(path: $0.path, reason: $0.reason) }
        passedOver = data.passedOver
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

    /// Compares the images, taken for calibration, with others that are fitted on.
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
