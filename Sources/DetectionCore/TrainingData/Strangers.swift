import COpenBLAS
import TensorCore

/// Finds images unlike all others: another product, the floor, a mask, a photographed screen.
///
/// The distance of an image is that of its k-th nearest neighbour, with k a tenth of the images, so that a few
/// strangers that resemble each other are found too. A stranger's distance is four times the usual one among the
/// images, and above an absolute limit. Both limits spare the images of a varied but flawless set.
enum Strangers {
    private static let fewest = 8, neighbourShare = 10, timesUsual: Float = 4, far: Float = 0.06

    /// A stranger, and its distance as a multiple of the usual one.
    struct Stranger: Sendable, Equatable {
        let index: Int
        let timesUsual: Float
    }

    /// - Parameter scales: factors that bring each look to the range of intensities in use.
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
