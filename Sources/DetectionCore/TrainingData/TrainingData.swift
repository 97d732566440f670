import Foundation
import Imaging

/// The strictness of the checks of images before a model is fitted or calibrated on them.
package struct TrainingDataOptions: Sendable {
    /// The raw values of black and white.
    package var intensity = IntensitySetting.auto
    /// Whether images unlike all others are kept.
    package var keepsOutliers = false
    /// Whether unreadable images are skipped instead of refused.
    package var skipsUnreadable = false

    package init() {}
}

/// Images of flawless parts, checked before a fit or a calibration.
package struct TrainingData: Sendable {
    /// The readable images.
    package let source: FrameSource
    package let profiles: [ImageProfile]
    package let unreadable: [FrameSource.Unreadable]
    /// The named folders; empty for a list of files.
    package let folders: [String]
    package let options: TrainingDataOptions
    /// The range of intensities of these images under the options.
    package let intensity: IntensityRange
    /// Indices of images of the same part together.
    package let parts: [[Int]]
    /// Indices of images without contrast.
    package let flat: [Int]
    /// Indices of fully transparent images: a viewer shows none of their colours.
    package var transparent: [Int] { profiles.indices.filter { profiles[$0].isTransparent } }
    /// Indices of images that are masks.
    package let masks: [Int]
    let strangers: [Strangers.Stranger]
    let layout: [FolderLayout.Fault]
    /// Entries of the folders that are not images, by reason.
    let skipped: [String: Int]

    /// Reads every image once.
    /// - Parameters:
    ///   - beside: other images that share the range of intensities.
    ///   - fixed: the range of an existing model.
    package init(
        _ frames: FrameSource, folders: [String] = [], options: TrainingDataOptions = TrainingDataOptions(),
        beside: [ImageProfile] = [], fixed: IntensityRange? = nil, workers: Int, progress: WorkProgress? = nil
    ) throws {
        let images = try ImageProfiles(frames, workers: workers, progress: progress)
        let broken = Set(images.unreadable.map(\.path))
        let profiles = images.profiles, paths = frames.paths
        source =
            broken.isEmpty ? frames : frames.subset(frames.files.indices.filter { !broken.contains(paths[$0]) })
        (self.profiles, unreadable, self.folders, self.options) = (profiles, images.unreadable, folders, options)
        let range = fixed ?? Self.intensity(profiles + beside, options.intensity)
        intensity = range
        flat = profiles.indices.filter { profiles[$0].hasNoContrast(range) }
        parts = SameParts.groups(profiles.map(\.print))
        let binary = profiles.indices.filter { profiles[$0].isBinary }
        // A camera may deliver images of two values, but not if its other images have many.
        masks = 2 * binary.count <= profiles.count ? binary : binary.filter { Self.isNamedMask(profiles[$0].path) }
        let excluded = Set(flat), shown = profiles.indices.filter { !excluded.contains($0) }
        strangers = Strangers.among(
            shown.map { profiles[$0].look }, scales: shown.map { profiles[$0].scale(range) }
        ).map { Strangers.Stranger(index: shown[$0.index], timesUsual: $0.timesUsual) }
        skipped = frames.skipped.byName
        layout = FolderLayout.faults(folders: folders, files: frames.files)
    }

    /// The range of intensities of images: that of 16-bit files if there are any.
    package static func intensity(_ profiles: [ImageProfile], _ setting: IntensitySetting) -> IntensityRange {
        let deep = profiles.filter { $0.bitDepth == 16 }
        return setting.range(
            bitDepth: deep.isEmpty ? 8 : 16, highest: (deep.isEmpty ? profiles : deep).map(\.highest).max() ?? 0)
    }

    private static func isNamedMask(_ path: String) -> Bool {
        let stem = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent.lowercased()
        return ["mask", "_gt", "label"].contains { stem.hasSuffix($0) }
    }

    /// Groups of some images that show the same part, as positions in that selection.
    package func parts(among chosen: [Int]) -> [[Int]] {
        var place = [Int?](repeating: nil, count: profiles.count)
        for (new, old) in chosen.enumerated() { place[old] = new }
        return parts.map { $0.compactMap { place[$0] } }.filter { !$0.isEmpty }
    }

    /// The sizes of the images, the most frequent first.
    package var sizes: [ImageSizes.Entry] { ImageSizes.entries(profiles.map { ($0.width, $0.height) }) }

    /// Images with values outside the range of intensities.
    package var outside: [Int] {
        profiles.indices.filter { index in
            let profile = profiles[index]
            return profile.bitDepth == intensity.bitDepth
                && (profile.highest > intensity.high || profile.lowest < intensity.low)
        }
    }
}

extension ImageProfile {
    /// Factors that turn shares of full scale into shares of the range.
    func scale(_ range: IntensityRange) -> Float {
        guard range.bitDepth == bitDepth else { return 1 }
        return Float(IntensityRange.fullScale(bitDepth)) / Float(range.high - range.low)
    }
}

/// Widths and heights of images, counted.
package enum ImageSizes {
    package struct Entry: Sendable, Equatable, Codable {
        package let width, height, images: Int
    }

    package static func entries(_ sizes: [(width: Int, height: Int)]) -> [Entry] {
        var counts: [[Int]: Int] = [:]
        for size in sizes { counts[[size.width, size.height], default: 0] += 1 }
        return counts.map { Entry(width: $0.key[0], height: $0.key[1], images: $0.value) }
            .sorted { ($1.images, $0.width, $0.height) < ($0.images, $1.width, $1.height) }
    }
}
