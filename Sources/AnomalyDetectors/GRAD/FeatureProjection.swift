import CKernels
import Foundation
import NeuralNets
import TensorCore

/// A fixed linear layer on features: the leading principal components of the training features. The fusion network's
/// cost grows with the square of the channels.
struct FeatureProjection: Sendable, Equatable {
    /// `[inputs]`
    let mean: [Float]
    /// `[inputs, outputs]`: one component a column, the strongest first.
    let matrix: [Float]
    var inputs: Int { mean.count }
    var outputs: Int { matrix.count / mean.count }

    init(mean: [Float], matrix: [Float]) {
        precondition(!mean.isEmpty && matrix.count.isMultiple(of: mean.count))
        (self.mean, self.matrix) = (mean, matrix)
    }

    /// The leading `count` components of features with this mean and covariance `[d, d]`.
    /// - Parameter whitening: 0 leaves the components as they are; 1 gives all of them the same variance; in between, a
    ///   component's variance v becomes v^(1 − whitening). Above 0 their mean variance is made 1.
    /// - Throws: `LinearAlgebra.Failure` when the covariance holds what is not a number.
    init(mean: [Double], covariance: [Double], components count: Int, whitening: Double) throws {
        let d = mean.count
        precondition(count <= d)
        let (values, vectors) = try LinearAlgebra.symmetricEigen(covariance, d)
        let scales = Self.scales(values.suffix(count).reversed(), whitening: whitening)
        var matrix = [Float](repeating: 0, count: d * count)
        for component in 0..<count {
            let row = d - 1 - component
            // An eigenvector's sign is the solver's whim; the largest entry is made positive.
            let largest = (0..<d).max { abs(vectors[row * d + $0]) < abs(vectors[row * d + $1]) } ?? 0
            let scale = vectors[row * d + largest] < 0 ? -scales[component] : scales[component]
            for input in 0..<d { matrix[input * count + component] = Float(scale * vectors[row * d + input]) }
        }
        self.init(mean: mean.map(Float.init), matrix: matrix)
    }

    /// What components of these variances are multiplied by.
    private static func scales(_ variances: [Double], whitening: Double) -> [Double] {
        guard whitening > 0, let largest = variances.first, largest > 0 else { return variances.map { _ in 1 } }
        // Components that hardly vary are noise: they are not raised to the others' level.
        let powers = variances.map { pow(max($0, largest * 1e-6), -whitening / 2) }
        let total = zip(variances, powers).reduce(0.0) { $0 + max(0, $1.0) * $1.1 * $1.1 }
        let norm = (total / Double(variances.count)).squareRoot()
        return powers.map { $0 / norm }
    }

    func prepared() -> Prepared { Prepared(self) }

    /// The projection packed for the matrix product; the mean has become a bias.
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
        ///   - values: `[positions, inputs]`, with the kernels' slack behind it.
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
