import COpenBLAS
import TensorCore

/// Finds images that look like none of the others: of another product, of the floor, a mask, a picture of a screen.
///
/// For each image, how far away its k-th nearest neighbour is, k being a tenth of the images, so that a few strangers that
/// resemble each other are found too. A stranger is four times as far off as is usual among the images, and far off by any
/// measure. Both limits leave images of a varied but flawless set alone.
enum Strangers {
    private static let fewest = 8, neighbourShare = 10, timesUsual: Float = 4, far: Float = 0.06

    /// A stranger, and how many times as far off as usual it is.
    struct Stranger: Sendable, Equatable {
        let index: Int
        let timesUsual: Float
    }

    /// - Parameter scales: what each look is multiplied by, to be of the range of intensities in use.
    /// - Returns: the strangers, the farthest first.
    static func among(_ looks: [ImageLook], scales: [Float]) -> [Stranger] {
        let n = looks.count
        guard n >= fewest else { return [] }
        let distances = neighbourDistances(
            zip(looks, scales).map { look, scale in look.values.map { min(1, $0 * scale) } },
            k: max(3, n / neighbourShare))
        let usual = distances.sorted()[n / 2]
        let limit = max(far, timesUsual * usual)
        return distances.indices.filter { distances[$0] > limit }
            .map { Stranger(index: $0, timesUsual: distances[$0] / max(usual, 1e-6)) }
            .sorted { $0.timesUsual > $1.timesUsual }
    }

    /// Root mean square distance to the k-th nearest other image.
    private static func neighbourDistances(_ values: [[Float]], k: Int) -> [Float] {
        LinearAlgebra.keepToOneThread()
        let n = values.count, length = ImageLook.count, strip = 256
        let squares = values.map { $0.reduce(0) { $0 + $1 * $1 } }, flat = values.flatMap(\.self)
        var products = [Float](repeating: 0, count: min(strip, n) * n), distances: [Float] = []
        for start in stride(from: 0, to: n, by: strip) {
            let height = min(strip, n - start)
            flat.withUnsafeBufferPointer { flat in
                guard let base = flat.baseAddress else { return }
                cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasTrans, Int32(height), Int32(n), Int32(length), 1,
                    base + start * length, Int32(length), base, Int32(length), 0, &products, Int32(n))
            }
            for row in 0..<height {
                let image = start + row
                let others = (0..<n).map { squares[image] + squares[$0] - 2 * products[row * n + $0] }.sorted()
                // The nearest is the image itself.
                distances.append((max(0, others[min(n - 1, k)]) / Float(length)).squareRoot())
            }
        }
        return distances
    }
}
