/// Mean and standard deviation of a quantity of flawless images at each position.
package struct PositionStatistics: Sendable, Equatable {
    /// `[height, width]`; the deviations are above zero.
    package let means, deviations: [Float]

    /// Weight of the common variance, in images: the variance of a single position is uncertain with few images.
    package static let pooledPictures = 10.0

    init(means: [Float], deviations: [Float]) {
        (self.means, self.deviations) = (means, deviations)
    }

    /// - Parameters:
    ///   - sights: the values at each position, of every variant of the images.
    ///   - pictures: the number of images behind the variants.
    /// - Returns: nil if the values do not vary at all (one image, or the same one repeatedly).
    package init?(_ sights: [[Float]], pictures: Int) {
        var moments = PlaceMoments()
        for sight in sights { moments.add(sight) }
        let pooled = moments.variance, n = Double(pictures)
        guard pooled > 0, pooled.isFinite else { return nil }
        let deviations = moments.variances.map {
            Float(((n * $0 + Self.pooledPictures * pooled) / (n + Self.pooledPictures)).squareRoot())
        }
        self.init(means: moments.means.map { Float($0) }, deviations: deviations)
    }

    /// Each position's value less its mean, in its standard deviations.
    /// - Parameter scale: a further divisor.
    func standardize(_ values: [Float], by scale: Float = 1, into out: inout [Float]) {
        for position in out.indices {
            out[position] = (values[position] - means[position]) / (deviations[position] * scale)
        }
    }

    /// The same in a new array.
    func standardized(_ values: [Float], by scale: Float = 1) -> [Float] {
        var out = values
        standardize(values, by: scale, into: &out)
        return out
    }
}
