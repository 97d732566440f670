import SeededRandom

/// Splits one folder of flawless images into a fitting and a calibration part, without putting two exposures of one
/// part on both sides: near-copies of fitting images score too low, and the threshold would flag far more than
/// promised.
///
/// Images are linked by `ImageLikeness`, and linked ones move together. Images of a product that is all alike but for
/// its position would all be linked; so when one group holds more than half of the images, likeness is judged ever more
/// strictly.
package enum NearDuplicates {
    /// The error of images that cannot be split because too many are near-duplicates of each other.
    package struct OneGroup: Error, Sendable, CustomStringConvertible {
        package let count: Int
        package let groups: Int
        /// The number of different parts that the calibration needs; nil if unknown.
        package var needed: Int?

        package init(count: Int, groups: Int, needed: Int? = nil) {
            (self.count, self.groups, self.needed) = (count, groups, needed)
        }

        package var description: String {
            "the \(count) images form only \(groups) group\(groups == 1 ? "" : "s") of near-duplicates, so they cannot be "
                + "split into a fitting and a calibration part; take images of more parts"
                + (needed.map { ": the calibration alone needs \($0)" } ?? "")
                + ", or give calibration images of other parts (--calibration DIR)"
        }
    }

    package struct Split: Sendable, Equatable {
        /// Indices, ascending.
        package let fitting, calibration: [Int]
        /// The number of groups of near-duplicates.
        package let groups: Int
    }

    /// - Parameters:
    ///   - share: the approximate share of images for calibration.
    ///   - seed: orders the groups.
    /// - Throws: `OneGroup`, `FrameSource.Unreadable`.
    package static func split(
        _ frames: FrameSource, share: Double = 0.2, seed: UInt64 = 0, workers: Int, progress: WorkProgress? = nil
    ) throws -> Split {
        let groups = try groups(frames, workers: workers, progress: progress)
        return try split(groups: groups, count: frames.count, share: share, seed: seed)
    }

    /// Indices of near-duplicates together, groups in order of their first image.
    /// - Throws: `FrameSource.Unreadable`.
    package static func groups(_ frames: FrameSource, workers: Int, progress: WorkProgress? = nil) throws -> [[Int]] {
        let images = try ImageProfiles(frames, workers: workers, progress: progress)
        if let bad = images.unreadable.first { throw bad }
        return groups(images.profiles.map(\.print))
    }

    /// Groups images by their prints.
    ///
    /// Images of the same part are grouped first, because a folder of one part has nothing besides what is common to
    /// all. One image of each such set is compared with the others.
    package static func groups(_ prints: [ImagePrint]) -> [[Int]] { groups(prints, parts: SameParts.groups(prints)) }

    /// - Parameter parts: the result of `SameParts`.
    static func groups(_ prints: [ImagePrint], parts: [[Int]]) -> [[Int]] {
        let thumbnails = parts.map { prints[$0[0]].thumbnail }
        var groups: [[Int]] = []
        for judgement in ImageLikeness.ladder {
            groups = ImageLikeness(thumbnails, movesCount: judgement.movesCount).groups(above: judgement.threshold)
            if groups.allSatisfy({ 2 * $0.count <= parts.count }) { break }
        }
        return groups.map { $0.flatMap { parts[$0] }.sorted() }.sorted { ($0.first ?? 0) < ($1.first ?? 0) }
    }

    /// Splits images whose parts are known: if the share holds fewer parts than a calibration needs, more are held out,
    /// at most half of the images.
    /// - Parameter needed: parts that the calibration needs.
    package static func split(
        _ prints: [ImagePrint], parts: [[Int]], needed: Int, share: Double, seed: UInt64
    ) throws -> Split {
        let groups = groups(prints, parts: parts)
        var partOf = [Int](repeating: 0, count: prints.count)
        for (part, members) in parts.enumerated() { for member in members { partOf[member] = part } }
        func held(_ indices: [Int]) -> Int { Set(indices.map { partOf[$0] }).count }
        let usual: Split
        do {
            usual = try split(groups: groups, count: prints.count, share: share, seed: seed)
        } catch var error as OneGroup {
            error.needed = needed
            throw error
        }
        guard held(usual.calibration) < needed else { return usual }
        var generator = SplitMix64(seed: seed)
        var calibration: [Int] = []
        for group in groups.shuffled(using: &generator) where held(calibration) < needed {
            if 2 * (calibration.count + group.count) <= prints.count { calibration += group }
        }
        guard held(calibration) >= needed else { return usual }
        let chosen = Set(calibration)
        return Split(
            fitting: prints.indices.filter { !chosen.contains($0) }, calibration: calibration.sorted(),
            groups: groups.count)
    }

    /// Moves whole groups to calibration, in seeded order, until it holds its share.
    static func split(groups: [[Int]], count: Int, share: Double, seed: UInt64) throws -> Split {
        var generator = SplitMix64(seed: seed)
        let wanted = max(1, Int((Double(count) * share).rounded(.up))), order = groups.shuffled(using: &generator)
        var calibration: [Int] = []
        // A group that would overshoot by far stays in the fitting part.
        for group in order where calibration.count < wanted {
            if calibration.count + group.count <= wanted + max(1, wanted / 4) { calibration += group }
        }
        // Few, large groups: the smallest, if fitting keeps the greater part.
        if calibration.isEmpty, let smallest = order.min(by: { $0.count < $1.count }), 2 * smallest.count <= count {
            calibration = smallest
        }
        guard !calibration.isEmpty, calibration.count < count else {
            throw OneGroup(count: count, groups: groups.count)
        }
        let chosen = Set(calibration)
        return Split(
            fitting: (0..<count).filter { !chosen.contains($0) }, calibration: calibration.sorted(),
            groups: groups.count)
    }
}
