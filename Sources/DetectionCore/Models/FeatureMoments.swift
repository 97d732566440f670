import CKernels
import COpenBLAS
import TensorCore

/// Mean and covariance of feature vectors over positions, gathered map by map in constant memory.
package struct FeatureMoments {
    package let channels: Int
    private var count = 0.0
    private var sum: [Double]
    /// `[c, c]`
    private var outer: [Double]
    private var gram: [Float]

    package init(channels: Int) {
        self.channels = channels
        sum = [Double](repeating: 0, count: channels)
        outer = [Double](repeating: 0, count: channels * channels)
        gram = [Float](repeating: 0, count: channels * channels)
    }

    /// Adds a map: its products in single precision, their total over maps in double.
    /// - Parameter values: `[positions, channels]`.
    package mutating func add(_ values: UnsafeBufferPointer<Float>) {
        guard let base = values.baseAddress else { return }
        LinearAlgebra.keepToOneThread()
        let d = channels, positions = values.count / d
        cblas_ssyrk(
            CblasRowMajor, CblasUpper, CblasTrans, Int32(d), Int32(positions), 1, base, Int32(d), 0, &gram, Int32(d))
        var means = [Float](repeating: 0, count: d)
        ck_column_means(base, positions, Int32(d), &means)
        count += Double(positions)
        for i in 0..<d {
            sum[i] += Double(means[i]) * Double(positions)
            for j in i..<d {
                let value = Double(gram[i * d + j])
                outer[i * d + j] += value
                if i != j { outer[j * d + i] += value }
            }
        }
    }

    /// Mean `[c]` and biased covariance `[c, c]` of all vectors of several gatherers together.
    package static func total(_ parts: [FeatureMoments]) -> (mean: [Double], covariance: [Double]) {
        let d = parts.first?.channels ?? 0, count = parts.reduce(0.0) { $0 + $1.count }
        var mean = [Double](repeating: 0, count: d), covariance = [Double](repeating: 0, count: d * d)
        for part in parts {
            for i in 0..<d { mean[i] += part.sum[i] / count }
            for i in 0..<d * d { covariance[i] += part.outer[i] / count }
        }
        for i in 0..<d { for j in 0..<d { covariance[i * d + j] -= mean[i] * mean[j] } }
        return (mean, covariance)
    }
}
