import TensorCore

/// Mean and shrunk covariance of samples (Ledoit & Wolf, "A well-conditioned estimator for large-dimensional covariance
/// matrices", 2004), as scikit-learn estimates it with `assume_centered` false.
package struct LedoitWolf: Sendable {
    /// `d` values.
    package let mean: [Double]
    /// `d × d`, symmetric: `(1 − shrinkage) · S + shrinkage · tr(S)/d · I`.
    package let covariance: [Double]
    /// 0…1.
    package let shrinkage: Double

    /// - Parameter samples: `[n, d]` row-major, n ≥ 1.
    package init(_ samples: [Double], dimension d: Int) {
        let n = samples.count / d
        precondition(n > 0 && samples.count == n * d)
        var mean = [Double](repeating: 0, count: d)
        for row in 0..<n { for column in 0..<d { mean[column] += samples[row * d + column] } }
        for column in 0..<d { mean[column] /= Double(n) }
        var centred = samples
        for row in 0..<n { for column in 0..<d { centred[row * d + column] -= mean[column] } }
        var covariance = LinearAlgebra.gram(centred, rows: n, columns: d)
        // β = Σ ‖x‖⁴-like moment: (X²)ᵀ(X²) summed, δ = ‖XᵀX‖²/n².
        var fourth = 0.0
        for row in 0..<n {
            var norm = 0.0
            for column in 0..<d { norm += centred[row * d + column] * centred[row * d + column] }
            fourth += norm * norm
        }
        let (inverse, dimensions) = (1 / Double(n), Double(d))
        var squares = 0.0, trace = 0.0
        for index in covariance.indices {
            covariance[index] *= inverse
            squares += covariance[index] * covariance[index]
        }
        for index in 0..<d { trace += covariance[index * d + index] }
        let mu = trace / dimensions
        let delta = (squares - dimensions * mu * mu) / dimensions
        let beta = min((fourth * inverse - squares) / (dimensions * Double(n)), delta)
        shrinkage = beta == 0 || delta <= 0 ? 0 : beta / delta
        for index in covariance.indices { covariance[index] *= 1 - shrinkage }
        for index in 0..<d { covariance[index * d + index] += shrinkage * mu }
        self.mean = mean
        self.covariance = covariance
    }
}
