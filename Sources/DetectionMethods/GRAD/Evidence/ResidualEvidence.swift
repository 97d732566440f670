import CKernels
import DetectionCore
import NeuralNets

/// Both kinds of evidence in GRAD's image score: Gaussians of the backbone's pooled levels, as the Gaussian detector's,
/// and one Gaussian per position of the differences from the normal features.
///
/// The length of a difference weighs all channels alike. Its Mahalanobis distance knows in which directions the network
/// represents flawless parts badly at a position, and forgives those alone.
struct ResidualEvidence: Sendable {
    let levels: [GaussianModel.Level]
    /// Of the differences' means over blocks of 2×2 positions.
    let residuals: PositionGaussians.View
    /// Standard deviation of each channel of the features, over all images and blocks.
    let deviations: [Float]
    let scale: EvidenceScale

    /// The distances of an image's pooled features and differences.
    func distances(pooled: [[Double]], blocks: [Float]) -> (pooled: Double, local: Double) {
        let sum = zip(levels, pooled).reduce(0) { $0 + $1.0.distance($1.1) }
        return (sum, Self.largest(blocks, residuals))
    }

    /// The largest distance of the blocks' differences.
    static func largest(_ blocks: [Float], _ residuals: PositionGaussians.View) -> Double {
        Double(residuals.distances(blocks).max() ?? 0)
    }

    /// Means of differences over blocks of 2×2 positions, `[(rows + 1) / 2, (columns + 1) / 2, channels]`.
    static func blocks(_ vectors: [Float], rows: Int, columns: Int, channels: Int) -> [Float] {
        var out = [Float](repeating: 0, count: (rows + 1) / 2 * ((columns + 1) / 2) * channels)
        ck_block_means(vectors, Int32(rows), Int32(columns), Int32(channels), &out)
        return out
    }
}
