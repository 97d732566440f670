import CKernels
import Foundation
import NeuralNets
import TensorCore

/// A fixed linear layer on features: the leading principal components of the training features. The fusion network's
/// cost grows with the square of the channels.
package struct FeatureProjection: Sendable, Equatable {
    /// `[inputs]`
    package let mean: [Float]
    /// `[inputs, outputs]`: one component a column, the strongest first.
    package let matrix: [Float]
    var inputs: Int { mean.count }
    var outputs: Int { matrix.count / mean.count }

    init(mean: [Float], matrix: [Float]) {
        precondition(!mean.isEmpty && matrix.count.isMultiple(of: mean.count))
        (self.mean, self.matrix) = (mean, matrix)
    }

    /// Weight of the components' mean variance in whitening, in images: the variance of weak components is uncertain
    /// with few images, and division by its square root would let them dominate.
    package static let pooledPictures = 20.0

    /// The leading `count` components of features with this mean and covariance `[d, d]`.
    /// - Parameters:
    ///   - pictures: the number of images behind the covariance.
    ///   - whitening: the power of the standard deviation that divides each component; 0 leaves them unchanged. Above 0
    ///     their mean variance becomes 1.
    /// - Throws: `LinearAlgebra.Failure` if the covariance is not finite.
    package init(mean: [Double], covariance: [Double], pictures: Int, components count: Int, whitening: Double) throws {
        let d = mean.count
        precondition(count <= d)
        let (values, vectors) = try LinearAlgebra.symmetricEigen(covariance, d)
        let scales = Self.scales(values.suffix(count).reversed(), pictures: pictures, whitening: whitening)
        var matrix = [Float](repeating: 0, count: d * count)
        for component in 0..<count {
            let row = d - 1 - component
            // An eigenvector's sign is arbitrary; the largest entry is made positive.
            let largest = (0..<d).max { abs(vectors[row * d + $0]) < abs(vectors[row * d + $1]) } ?? 0
            let scale = vectors[row * d + largest] < 0 ? -scales[component] : scales[component]
            for input in 0..<d { matrix[input * count + component] = Float(scale * vectors[row * d + input]) }
        }
        self.init(mean: mean.map(Float.init), matrix: matrix)
    }

    /// The factors of components with these variances.
    private static func scales(_ variances: [Double], pictures: Int, whitening: Double) -> [Double] {
        let variances = variances.map { max($0, 0) }, n = Double(pictures), count = Double(variances.count)
        let mean = variances.reduce(0, +) / count
        guard whitening > 0, mean > 0 else { return variances.map { _ in 1 } }
        let powers = variances.map { pow((n * $0 + pooledPictures * mean) / (n + pooledPictures), -whitening / 2) }
        let norm = (zip(variances, powers).reduce(0) { $0 + $1.0 * $1.1 * $1.1 } / count).squareRoot()
        return powers.map { $0 / norm }
    }

    func prepared() -> Prepared { Prepared(self) }

    /// The projection packed for the matrix product, with the mean as bias.
    final class Prepared {
        private let packed: [Float], bias: [Float], inputs: Int, outputs: Int

        init(_ projection: FeatureProjection) {
            (inputs, outputs) = (projection.inputs, projection.outputs)
            let (inputs, outputs) = (inputs, outputs)
            var packed = [Float](repeating: 0, count: ck_gemm_packed_count(Int32(inputs), Int32(outputs)))
            ck_gemm_pack(projection.matrix, Int32(inputs), Int32(outputs), &packed)
            self.packed = packed
            bias = (0..<outputs).map { column in
                Float(
                    -(0..<inputs).reduce(0.0) {
                        $0 + Double(projection.mean[$1]) * Double(projection.matrix[$1 * outputs + column])
                    })
            }
        }

        /// - Parameters:
        ///   - values: `[positions, inputs]`, followed by the kernels' slack.
        ///   - out: `[positions, outputs]`
        func apply(_ values: UnsafePointer<Float>, positions: Int, into out: UnsafeMutablePointer<Float>) {
            packed.withUnsafeBufferPointer { packed in
                bias.withUnsafeBufferPointer { bias in
                    var gemm = ck_gemm()
                    gemm.a = values
                    gemm.lda = inputs
                    (gemm.taps, gemm.c, gemm.n) = (1, Int32(inputs), Int32(outputs))
                    gemm.packed = packed.baseAddress
                    gemm.bias = bias.baseAddress
                    gemm.out = out
                    gemm.ldo = outputs
                    ck_gemm_run(&gemm, 0, Int32(positions))
                }
            }
        }
    }
}
