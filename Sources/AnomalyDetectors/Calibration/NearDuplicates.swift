import InspectionDomain
/// Splits one folder of flawless pictures into a fitting and a calibration part, without putting two exposures of one part
/// on both sides: near-copies of fitting pictures score too low, and the threshold would flag far more than promised.
///
/// Pictures are linked by `PictureLikeness`, and linked ones move together. Pictures of a product that is all alike but for
/// its position would all be linked; so when one group holds more than half of the pictures, likeness is judged ever more
/// strictly.
public enum NearDuplicates {
    /// Pictures cannot be split because too many are near-duplicates of each other.
    public struct OneGroup: Error, Sendable, CustomStringConvertible {
        public let count: Int
        public let groups: Int
        public var description: String {
            "the \(count) pictures form only \(groups) group\(groups == 1 ? "" : "s") of near-duplicates, so they cannot be "
                + "split into a fitting and a calibration part; give calibration pictures of other parts (--calibration DIR)"
        }
    }

    public struct Split: Sendable, Equatable {
        /// Indices, ascending.
        public let fitting, calibration: [Int]
        /// How many groups of near-duplicates the pictures form.
        public let groups: Int
    }

    /// - Parameters:
    ///   - share: of the pictures that go to calibration, about.
    ///   - seed: orders the groups.
    /// - Throws: `OneGroup`, `FrameSource.Unreadable`.
    public static func split(
        _ frames: FrameSource, share: Double = 0.2, seed: UInt64 = 0, workers: Int, progress: Progress? = nil
    ) throws -> Split {
        let groups = try groups(frames, workers: workers, progress: progress)
        return try split(groups: groups, count: frames.count, share: share, seed: seed)
    }

    /// Indices of near-duplicates together, groups in order of their first picture.
    /// - Throws: `FrameSource.Unreadable`.
    public static func groups(_ frames: FrameSource, workers: Int, progress: Progress? = nil) throws -> [[Int]] {
        let parts = try ParallelFrames.run(
            count: frames.count, workers: workers, phase: "near-duplicates", progress: progress,
            makeWorker: { _ in [Int: [Float]]() },
            body: { thumbnails, index in thumbnails[index] = PictureLikeness.thumbnail(try frames.frame(index)) })
        let thumbnails = parts.flatMap { $0 }.sorted { $0.key < $1.key }.map(\.value)
        var groups: [[Int]] = []
        for judgement in PictureLikeness.ladder {
            groups = PictureLikeness(thumbnails, movesCount: judgement.movesCount).groups(above: judgement.threshold)
            if groups.allSatisfy({ 2 * $0.count <= frames.count }) { break }
        }
        return groups
    }

    /// Whole groups go to calibration, in seeded order, until it holds its share.
    static func split(groups: [[Int]], count: Int, share: Double, seed: UInt64) throws -> Split {
        var generator = SplitMix64(seed: seed)
        let wanted = max(1, Int((Double(count) * share).rounded(.up))), order = groups.shuffled(using: &generator)
        var calibration: [Int] = []
        // A group that would overshoot by far is left to fitting.
        for group in order where calibration.count < wanted {
            if calibration.count + group.count <= wanted + max(1, wanted / 4) { calibration += group }
        }
        // Few, large groups: the smallest, as long as fitting keeps the greater part.
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
