import InspectionDomain
import COpenBLAS
import Imaging

/// Splits one folder of flawless pictures into a fitting and a calibration part, without putting two exposures of one part
/// on both sides: scores of near-copies of fitting pictures would be too low, and the promise void.
///
/// Pictures are compared by 32×32 grey thumbnails, high-passed (lighting does not count) and with the folder's mean removed
/// (what every picture of an aligned product shares does not count either); correlated above 0.9 they are one group.
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

    static let side = 32
    static let threshold: Float = 0.9

    /// - Parameters:
    ///   - share: of the pictures that go to calibration, at least.
    ///   - seed: orders the groups.
    /// - Throws: `OneGroup`, `FrameSource.Unreadable`.
    public static func split(
        _ frames: FrameSource, share: Double = 0.2, seed: UInt64 = 0, workers: Int, progress: Progress? = nil
    ) throws -> Split {
        let workers = try ParallelFrames.run(
            count: frames.count, workers: workers, phase: "near-duplicates", progress: progress,
            makeWorker: { _ in [Int: [Float]]() },
            body: { thumbnails, index in thumbnails[index] = thumbnail(try frames.frame(index)) })
        let thumbnails = workers.flatMap { $0 }.sorted { $0.key < $1.key }.map(\.value)
        return try split(groups: groups(thumbnails), count: frames.count, share: share, seed: seed)
    }

    /// Whole groups go to calibration, in seeded order, until it holds its share.
    static func split(groups: [[Int]], count: Int, share: Double, seed: UInt64) throws -> Split {
        var generator = SplitMix64(seed: seed)
        let wanted = max(1, Int((Double(count) * share).rounded(.up)))
        var calibration: [Int] = []
        // A group that would overshoot by more than it brings closer is left to fitting.
        for group in groups.shuffled(using: &generator) where calibration.count < wanted {
            if calibration.count + group.count <= wanted + max(1, wanted / 4) { calibration += group }
        }
        guard !calibration.isEmpty, calibration.count < count else {
            throw OneGroup(count: count, groups: groups.count)
        }
        let chosen = Set(calibration)
        return Split(
            fitting: (0..<count).filter { !chosen.contains($0) }, calibration: calibration.sorted(),
            groups: groups.count)
    }

    /// Indices of near-duplicates together, groups in order of their first picture.
    static func groups(_ thumbnails: [[Float]]) -> [[Int]] {
        let n = thumbnails.count, d = side * side
        var rows = thumbnails.flatMap { $0 }
        if n > 2 {
            for column in 0..<d {
                var mean: Float = 0
                for row in 0..<n { mean += rows[row * d + column] / Float(n) }
                for row in 0..<n { rows[row * d + column] -= mean }
            }
        }
        for row in 0..<n {
            let norm = rows[row * d..<(row + 1) * d].reduce(0) { $0 + $1 * $1 }.squareRoot()
            for column in 0..<d { rows[row * d + column] /= max(norm, 1e-6) }
        }
        var parents = Array(0..<n)
        func root(_ i: Int) -> Int {
            var i = i
            while parents[i] != i {
                parents[i] = parents[parents[i]]
                i = parents[i]
            }
            return i
        }
        // Correlations in strips of rows, so that thousands of pictures need no n × n matrix at once.
        let strip = 256
        var correlations = [Float](repeating: 0, count: strip * n)
        for start in stride(from: 0, to: n, by: strip) {
            let height = min(strip, n - start)
            rows.withUnsafeBufferPointer { rows in
                guard let base = rows.baseAddress else { return }
                cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasTrans, Int32(height), Int32(n), Int32(d), 1, base + start * d,
                    Int32(d),
                    base, Int32(d), 0, &correlations, Int32(n))
            }
            for row in 0..<height {
                for column in 0..<(start + row) where correlations[row * n + column] > threshold {
                    let (a, b) = (root(start + row), root(column))
                    parents[max(a, b)] = min(a, b)
                }
            }
        }
        var groups: [Int: [Int]] = [:]
        for index in 0..<n { groups[root(index), default: []].append(index) }
        return groups.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Grey, 32×32, minus its 5×5 mean.
    static func thumbnail(_ frame: Frame) -> [Float] {
        var pixels = [Float](repeating: 0, count: side * side * 3)
        pixels.withUnsafeMutableBufferPointer {
            frame.fillNetworkInput($0, width: side, height: side, mean: [0, 0, 0], std: [1, 1, 1])
        }
        let grey = (0..<side * side).map { index -> Float in
            let sum = pixels[3 * index] + pixels[3 * index + 1] + pixels[3 * index + 2]
            return sum / 3
        }
        return (0..<side * side).map { index -> Float in
            let y = index / side, x = index % side
            var sum: Float = 0, count: Float = 0
            for row in max(0, y - 2)...min(side - 1, y + 2) {
                for column in max(0, x - 2)...min(side - 1, x + 2) {
                    sum += grey[row * side + column]
                    count += 1
                }
            }
            return grey[index] - sum / count
        }
    }
}
