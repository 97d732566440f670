import Foundation
import ImageFolders
import Imaging

/// All that is known of images before anything is fitted on them: what `inspectctl dataset check` prints.
public struct DatasetReport: Codable, Sendable {
    public struct Unreadable: Codable, Sendable { public let path, reason: String }
    public struct Stranger: Codable, Sendable {
        public let path: String
        /// How many times as far from the others as is usual.
        public let timesUsual: Double

        enum CodingKeys: String, CodingKey {
            case path
            case timesUsual = "times_usual"
        }
    }
    public struct Folder: Codable, Sendable {
        public let folder: String
        public let images: Int
        public let kind: String
    }
    public struct Shared: Codable, Sendable {
        public let image, with: String
        /// The same file byte for byte; else another image of the same part.
        public let isCopy: Bool

        enum CodingKeys: String, CodingKey {
            case image, with
            case isCopy = "is_copy"
        }
    }

    public let folders: [String]
    public let images: Int
    public let unreadable: [Unreadable]
    /// Entries that are no images, by reason.
    public let passedOver: [String: Int]
    public let withoutContrast, transparent, masks: [String]
    /// Different parts that the images show.
    public let parts: Int
    /// Images of the part that most of them show.
    public let largestPart: Int
    /// Files that are byte for byte the same as another.
    public let copies: Int
    public let strangers: [Stranger]
    public let sizes: [ImageSizes.Entry]
    public let bitDepths: [Int]
    public let lowest, highest: Int
    public let intensity: IntensityRange
    public let misplaced: [Folder]
    /// Images that are compared with none, or that others were fitted on too.
    public var shared: [Shared] = []
    /// Why `fit` would refuse the images; empty when it would not.
    public var refusals: [String]
    public var remarks: [String]
    public var isAcceptable: Bool { refusals.isEmpty }

    enum CodingKeys: String, CodingKey {
        case folders, images, unreadable, transparent, masks, parts, copies, strangers, sizes, lowest, highest,
            intensity, misplaced
        case shared, refusals, remarks
        case passedOver = "passed_over"
        case withoutContrast = "without_contrast"
        case largestPart = "largest_part"
        case bitDepths = "bit_depths"
    }

    public init(_ data: TrainingData) {
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
    public mutating func compare(_ data: TrainingData, fittedOn other: TrainingData) {
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
