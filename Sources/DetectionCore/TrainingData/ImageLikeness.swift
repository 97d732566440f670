import COpenBLAS
import Dispatch
import Imaging
import Synchronization
import TensorCore

/// Finds the images of a folder that show the same part, from small grey thumbnails.
///
/// Slow changes (lighting), contrast (exposure) and the common content of the folder (the product) are removed from
/// each thumbnail; the rest belongs to the part. Two images are linked if their rests correlate under the best of a few
/// shifts, because neither parts nor crops are aligned to the pixel.
struct ImageLikeness {
    static let side = 32
    /// Shifts of up to this many thumbnail pixels are tried.
    private static let reach = 2
    private static let inner = side - 2 * reach

    /// The criteria of likeness, from the usual to ever stricter ones. `movesCount`: whether a displacement of the
    /// product distinguishes images; if not, it is removed too.
    static let ladder: [(movesCount: Bool, threshold: Float)] = [
        (true, 0.85), (false, 0.85), (false, 0.9), (false, 0.95), (false, 0.98),
    ]

    /// The rest of each image, `side × side` each.
    private let rests: [[Float]]

    init(_ thumbnails: [[Float]], movesCount: Bool) {
        let count = Float(max(1, thumbnails.count))
        var mean = [Float](repeating: 0, count: Self.side * Self.side)
        for thumbnail in thumbnails { for pixel in mean.indices { mean[pixel] += thumbnail[pixel] / count } }
        // Two images have no "rest of the folder": each is the other's.
        guard thumbnails.count > 2 else {
            rests = thumbnails
            return
        }
        if movesCount {
            rests = thumbnails.map { zip($0, mean).map { $0 - $1 } }
        } else {
            // To second order, the displaced common image is a combination of its derivatives.
            let (x, y) = (Self.slope(mean, 1, 0), Self.slope(mean, 0, 1))
            let basis = Self.orthonormal([mean, x, y, Self.slope(x, 1, 0), Self.slope(x, 0, 1), Self.slope(y, 0, 1)])
            rests = thumbnails.map { thumbnail in basis.reduce(thumbnail, Self.without) }
        }
    }

    /// Images linked directly or through others, in order of their first one.
    func groups(above threshold: Float) -> [[Int]] {
        let links = Mutex(DisjointSets(count: rests.count))
        eachStrip { start, rows, correlations in
            let found = Self.linked(
                correlations, start: start, rows: rows, columns: rests.count - start, above: threshold)
            links.withLock { links in
                for (member, root) in found { links.join(member, root) }
            }
        }
        return links.withLock { $0.groups }
    }

    /// Every pair that correlates under the best shift, each at least once. For high thresholds: the number of pairs
    /// grows with the square of the number of alike images.
    func pairs(above threshold: Float) -> [(Int, Int)] {
        let pairs = Mutex<[(Int, Int)]>([])
        eachStrip { start, rows, correlations in
            let columns = rests.count - start
            var found: [(Int, Int)] = []
            for row in 0..<rows {
                for column in (row + 1)..<max(row + 1, columns)
                where correlations[row * columns + column] > threshold {
                    found.append((start + row, start + column))
                }
            }
            pairs.withLock { $0 += found }
        }
        return pairs.withLock { $0 }
    }

    /// Under every shift, the correlations of some images, `rows` from `start` on, with all from `start` on:
    /// `[rows, count − start]`. In strips, so that thousands of images need no n × n matrix at once; on all cores.
    private func eachStrip(_ body: @Sendable (_ start: Int, _ rows: Int, _ correlations: [Float]) -> Void) {
        LinearAlgebra.keepToOneThread()
        let n = rests.count, strip = 256
        let centres = rests.flatMap { Self.window($0, Self.reach, Self.reach) }
        for dy in 0...2 * Self.reach {
            for dx in 0...2 * Self.reach {
                let shifted = rests.flatMap { Self.window($0, dy, dx) }
                DispatchQueue.concurrentPerform(iterations: (n + strip - 1) / strip) { index in
                    let start = index * strip, rows = min(strip, n - start)
                    body(
                        start, rows,
                        Self.products(centres, shifted, from: start, rows: rows, length: Self.inner * Self.inner))
                }
            }
        }
    }

    /// `[rows, count − start]`: the products of rows from `start` on with all from `start` on.
    private static func products(
        _ centres: [Float], _ shifted: [Float], from start: Int, rows: Int, length: Int
    ) -> [Float] {
        let columns = shifted.count / length - start
        var products = [Float](repeating: 0, count: rows * columns)
        centres.withUnsafeBufferPointer { centres in
            shifted.withUnsafeBufferPointer { shifted in
                guard let left = centres.baseAddress, let right = shifted.baseAddress else { return }
                cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(columns), Int32(length), 1,
                    left + start * length, Int32(length), right + start * length, Int32(length), 0, &products,
                    Int32(columns))
            }
        }
        return products
    }

    /// Pairs among the rows of a strip and all images from its first on that join all that correlate.
    private static func linked(
        _ correlations: [Float], start: Int, rows: Int, columns: Int, above threshold: Float
    ) -> [(Int, Int)] {
        var links = DisjointSets(count: columns)
        correlations.withUnsafeBufferPointer { correlations in
            for row in 0..<rows {
                for column in (row + 1)..<max(row + 1, columns) where correlations[row * columns + column] > threshold {
                    links.join(row, column)
                }
            }
        }
        return (0..<columns).compactMap { member in
            let root = links.root(member)
            return root == member ? nil : (start + member, start + root)
        }
    }

    /// Grey, 32×32, minus its 9×9 mean, mean 0 and length 1; and the sum of its squares before it was brought to that
    /// length.
    static func thumbnailAndEnergy(_ frame: Frame) -> (thumbnail: [Float], energy: Float) {
        var pixels = [Float](repeating: 0, count: side * side * 3)
        pixels.withUnsafeMutableBufferPointer {
            frame.fillNetworkInput($0, width: side, height: side, mean: [0, 0, 0], std: [1, 1, 1])
        }
        let grey = (0..<side * side).map { (pixel: Int) -> Float in
            (pixels[3 * pixel] + pixels[3 * pixel + 1] + pixels[3 * pixel + 2]) / 3
        }
        let rest = zip(grey, boxMean(grey, radius: 4)).map { $0 - $1 }
        let mean = rest.reduce(0, +) / Float(rest.count)
        return (normalised(rest), rest.reduce(0) { $0 + ($1 - mean) * ($1 - mean) })
    }

    /// Mean over the part of a square around each pixel that is inside the image.
    private static func boxMean(_ values: [Float], radius: Int) -> [Float] {
        (0..<side * side).map { index in
            let (y, x) = (index / side, index % side)
            var sum: Float = 0, count: Float = 0
            for row in max(0, y - radius)...min(side - 1, y + radius) {
                for column in max(0, x - radius)...min(side - 1, x + radius) {
                    sum += values[row * side + column]
                    count += 1
                }
            }
            return sum / count
        }
    }

    /// The inner square, displaced by `dy - reach`, `dx - reach`.
    private static func window(_ values: [Float], _ dy: Int, _ dx: Int) -> [Float] {
        var square: [Float] = []
        square.reserveCapacity(inner * inner)
        for y in dy..<dy + inner { square += values[y * side + dx..<y * side + dx + inner] }
        return normalised(square)
    }

    /// Mean 0, length 1; an image without any structure becomes zeros and resembles nothing.
    static func normalised(_ values: [Float]) -> [Float] {
        let mean = values.reduce(0, +) / Float(values.count)
        let length = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
        return values.map { length > 1e-5 ? ($0 - mean) / length : 0 }
    }

    /// Central difference along (dx, dy), borders held.
    static func slope(_ values: [Float], _ dx: Int, _ dy: Int) -> [Float] {
        (0..<side * side).map { index in
            let (y, x) = (index / side, index % side)
            let (below, right) = (min(y + dy, side - 1), min(x + dx, side - 1))
            let (above, left) = (max(y - dy, 0), max(x - dx, 0))
            return (values[below * side + right] - values[above * side + left]) / 2
        }
    }

    /// Gram–Schmidt; vectors that depend on earlier ones are left out.
    static func orthonormal(_ vectors: [[Float]]) -> [[Float]] {
        var basis: [[Float]] = []
        for vector in vectors {
            let size = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let rest = (basis + basis).reduce(vector, without)
            let length = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
            if length > 1e-3 * size, length > 1e-6 { basis.append(rest.map { $0 / length }) }
        }
        return basis
    }

    /// The part of `values` that is orthogonal to a unit vector.
    private static func without(_ values: [Float], _ direction: [Float]) -> [Float] {
        let share = zip(values, direction).reduce(0) { $0 + $1.0 * $1.1 }
        return zip(values, direction).map { $0 - share * $1 }
    }
}

/// Union-find with path halving; the root of a set is its smallest member.
struct DisjointSets {
    private var parents: [Int]

    init(count: Int) { parents = Array(0..<count) }

    mutating func root(_ member: Int) -> Int {
        var member = member
        while parents[member] != member {
            parents[member] = parents[parents[member]]
            member = parents[member]
        }
        return member
    }

    mutating func join(_ a: Int, _ b: Int) {
        let (first, second) = (root(a), root(b))
        parents[max(first, second)] = min(first, second)
    }

    var groups: [[Int]] {
        var sets = self, groups: [Int: [Int]] = [:]
        for member in parents.indices { groups[sets.root(member), default: []].append(member) }
        return groups.sorted { $0.key < $1.key }.map(\.value)
    }
}
