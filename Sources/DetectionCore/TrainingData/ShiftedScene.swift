import COpenBLAS
import Dispatch
import Synchronization
import TensorCore

/// Finds exposures of one part at slightly different positions: images that differ by a displacement and little else.
///
/// A displacement by less than half a thumbnail's pixel changes it, to second order, by a combination of its own
/// derivatives; a larger one by whole pixels besides. So each image is fitted by the other and its derivatives at each
/// of nine shifts, and the share of its square that is left over decides. Two parts of one product leave their
/// differences, whose usual size follows from the folder. If every image is a displacement of every other, as for
/// smooth or regular products, none are linked, because a displacement then proves nothing.
enum ShiftedScene {
    private static let side = ImageLikeness.side, margin = 2, reach = 1, inner = side - 2 * margin
    private static let length = inner * inner

    /// The limits of the left-over share: a seventh of the usual share in the folder, and an absolute maximum.
    private static let share: Float = 0.15, most: Float = 0.08

    /// Every linked pair of images, each once.
    static func pairs(_ prints: [ImagePrint]) -> [(Int, Int)] {
        let rests = rests(prints)
        guard rests.count == prints.count * prints.count else { return [] }
        let n = prints.count
        var all: [Float] = []
        // The median over some of the pairs, evenly spread, is as good as over all.
        let every = max(1, n * n / 200_000)
        var place = 0
        for first in 0..<n {
            for second in (first + 1)..<max(first + 1, n) {
                if place % every == 0 { all.append(rests[first * n + second]) }
                place += 1
            }
        }
        guard !all.isEmpty else { return [] }
        all.sort()
        let limit = min(most, share * all[all.count / 2])
        var pairs: [(Int, Int)] = []
        for first in 0..<n {
            for second in (first + 1)..<max(first + 1, n) where rests[first * n + second] <= limit {
                pairs.append((first, second))
            }
        }
        return pairs
    }

    /// The maximal number of images whose pairs fit into memory; copies and still scenes are found in any number.
    private static let mostImages = 6000

    /// `[n, n]`: for a row below its column, the share that is left over at the best shift; 1 for an image without
    /// structure.
    private static func rests(_ prints: [ImagePrint]) -> [Float] {
        let n = prints.count
        guard n > 1, n <= mostImages else { return [] }
        LinearAlgebra.keepToOneThread()
        let smooth = prints.map { smoothed($0.thumbnail) }
        let bases = smooth.map(basis), size = 6
        var least = [Float](repeating: 1, count: n * n)
        let strip = 64, strips = (n + strip - 1) / strip
        for dy in -reach...reach {
            for dx in -reach...reach {
                let windows = smooth.flatMap { unit(window($0, dy, dx)) }
                // Each strip writes rows of its own.
                least.withUnsafeMutableBufferPointer { least in
                    let least = Rows(least)
                    DispatchQueue.concurrentPerform(iterations: strips) { index in
                        let start = index * strip, rows = start..<min(n, start + strip)
                        let explained = explained(Array(bases[rows].joined()), windows, from: start, count: n)
                        for row in rows {
                            for column in row + 1..<max(row + 1, n) {
                                var sum: Float = 0
                                for vector in 0..<size {
                                    let product = explained[
                                        ((row - start) * size + vector) * (n - start) + column - start]
                                    sum += product * product
                                }
                                least.lower(row * n + column, to: 1 - sum)
                            }
                        }
                    }
                }
            }
        }
        return least
    }

    // Threads write rows of their own only.
    private struct Rows: @unchecked Sendable {
        private let values: UnsafeMutableBufferPointer<Float>
        init(_ values: UnsafeMutableBufferPointer<Float>) { self.values = values }
        func lower(_ index: Int, to value: Float) { if value < values[index] { values[index] = value } }
    }

    /// Products of `[rows · 6, length]` with the windows of the images from `start` on.
    private static func explained(_ basis: [Float], _ windows: [Float], from start: Int, count n: Int) -> [Float] {
        let height = basis.count / length, columns = n - start
        var products = [Float](repeating: 0, count: height * columns)
        basis.withUnsafeBufferPointer { basis in
            windows.withUnsafeBufferPointer { windows in
                guard let left = basis.baseAddress, let right = windows.baseAddress else { return }
                cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasTrans, Int32(height), Int32(columns), Int32(length), 1, left,
                    Int32(length), right + start * length, Int32(length), 0, &products, Int32(columns))
            }
        }
        return products
    }

    /// Orthonormal: the image and its first and second derivatives; zeros for those that depend on earlier ones.
    private static func basis(_ values: [Float]) -> [Float] {
        let x = ImageLikeness.slope(values, 1, 0), y = ImageLikeness.slope(values, 0, 1)
        let vectors = [
            values, x, y, ImageLikeness.slope(x, 1, 0), ImageLikeness.slope(x, 0, 1),
            ImageLikeness.slope(y, 0, 1),
        ].map { window($0, 0, 0) }
        let basis = ImageLikeness.orthonormal(vectors)
        return basis.flatMap { $0 } + [Float](repeating: 0, count: (vectors.count - basis.count) * length)
    }

    /// The inner square, displaced, of mean 0.
    private static func window(_ values: [Float], _ dy: Int, _ dx: Int) -> [Float] {
        var square: [Float] = []
        square.reserveCapacity(length)
        for y in margin + dy..<margin + dy + inner {
            square += values[y * side + margin + dx..<y * side + margin + dx + inner]
        }
        let mean = square.reduce(0, +) / Float(length)
        return square.map { $0 - mean }
    }

    private static func unit(_ values: [Float]) -> [Float] {
        let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return values.map { length > 1e-5 ? $0 / length : 0 }
    }

    /// Weights 1, 2, 1 in both directions: derivatives of details finer than a pixel are meaningless.
    private static func smoothed(_ values: [Float]) -> [Float] {
        func pass(_ values: [Float], _ step: Int, _ isFirst: (Int) -> Bool, _ isLast: (Int) -> Bool) -> [Float] {
            values.indices.map { index in
                let before = values[isFirst(index) ? index : index - step]
                let after = values[isLast(index) ? index : index + step]
                return (before + 2 * values[index] + after) / 4
            }
        }
        let across = pass(values, 1, { $0 % side == 0 }, { $0 % side == side - 1 })
        return pass(across, side, { $0 < side }, { $0 >= side * (side - 1) })
    }
}
