/// Mean and standard deviation at each position of something that flawless images have there.
package struct PositionStatistics: Sendable, Equatable {
    /// `[height, width]`; the deviations are above zero.
    package let means, deviations: [Float]

    /// Weight of the common variance, in images: few images tell little of a single position.
    package static let pooledPictures = 10.0

    init(means: [Float], deviations: [Float]) {
        (self.means, self.deviations) = (means, deviations)
    }

    /// - Parameters:
    ///   - sights: the values at each position, of every sight of the images.
    ///   - pictures: how many images these are sights of.
    /// - Returns: nil when the values do not vary at all (one image, or the same one again and again).
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
    /// - Parameter scale: of what they are divided by as well.
    func standardize(_ values: [Float], by scale: Float = 1, into out: inout [Float]) {
        for position in out.indices {
            out[position] = (values[position] - means[position]) / (deviations[position] * scale)
        }
    }

    /// The same in an array of its own.
    func standardized(_ values: [Float], by scale: Float = 1) -> [Float] {
        var out = values
        standardize(values, by: scale, into: &out)
        return out
    }
}
