import COpenBLAS
import TensorCore

/// Finds images that differ by no more than noise: copies, the same image encoded again, and exposures of a scene in
/// which nothing has moved.
enum SameScene {
    /// Every pair of images, each once.
    static func pairs(_ prints: [ImagePrint]) -> [(Int, Int)] { crossPairs(prints, nil) }

    /// Pairs of an image of `a` and one of `b` (of `a` with itself, each pair once, when `b` is nil).
    static func crossPairs(_ a: [ImagePrint], _ b: [ImagePrint]?) -> [(Int, Int)] {
        let others = b ?? a, length = ImageLikeness.side * ImageLikeness.side
        guard !a.isEmpty, !others.isEmpty else { return [] }
        LinearAlgebra.keepToOneThread()
        let left = a.flatMap(\.thumbnail), right = others.flatMap(\.thumbnail)
        // In strips of rows, so that thousands of images need no n × n matrix at once.
        let strip = 256
        var products = [Float](repeating: 0, count: min(strip, a.count) * others.count), pairs: [(Int, Int)] = []
        for start in stride(from: 0, to: a.count, by: strip) {
            let height = min(strip, a.count - start)
            left.withUnsafeBufferPointer { left in
                guard let base = left.baseAddress else { return }
                cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasTrans, Int32(height), Int32(others.count), Int32(length), 1,
                    base + start * length, Int32(length), right, Int32(length), 0, &products, Int32(others.count))
            }
            for row in 0..<height {
                let print = a[start + row], begin = b == nil ? start + row + 1 : 0
                for column in begin..<max(begin, others.count) {
                    // Of unit vectors: |x − y|² = 2 − 2 x·y. Nothing is the same as an image without structure.
                    let distance = 2 - 2 * products[row * others.count + column]
                    if distance <= ImagePrint.sameness(print, others[column]) { pairs.append((start + row, column)) }
                }
            }
        }
        return pairs
    }
}
