import DetectionCore
import NeuralNets

/// Turns an image's distances into a map of its pixels and averages neighbours. Owns its buffers; one per worker.
///
/// Each pixel is the mean of a square around it, as in the authors' code. With the statistics of flawless images, the
/// distances are standardised first, and there are two squares: a small one for defects of its size, and a wide one for
/// faint but large defects, such as an uneven shade over half a part, which averages the differences themselves
/// (`WideSquare`). Both are in standard deviations of flawless images; the map is the larger of the two, less a share
/// of its own mean, because a part that is slightly unusual everywhere (another gloss, another light) has no position.
///
/// The image score is computed before that, with the positions' own means: the small mean's largest value or, for
/// widely spread small deviations, its standard deviation over the image; the larger multiple of the flawless images'
/// value.
package final class DistanceMapper {
    /// The squares' sides, pixels at an input of 224, and their limits.
    package struct Settings: Sendable, Equatable {
        /// Side of the mean that smooths the map; 1 leaves it unchanged.
        package var small = 21
        /// Side of the wide mean that finds faint but large defects; 0 for none. Only standardised distances have one.
        package var wide = 151
        /// Side of the mean whose maximum is the image score (the authors: 32); 1 is the map's maximum.
        package var score = 1
        /// The maximal standard deviations of a position in the wide mean.
        package var mostOfOne: Float = 3
        /// The share of its mean that is subtracted from a map of standardised distances, 0 to 1, but not from the
        /// image score.
        package var levelShare: Float = 0.5

        package init() {}
    }

    /// The positions of the distances, and the settings with sides in the input's own pixels.
    package struct Layout: Sendable {
        let rows, columns: GridAxis
        let channels, width, height: Int
        let settings: Settings
    }

    private let layout: Layout
    private let statistics: DistanceStatistics?
    /// 1 / the share of each square inside the image, so that standardised distances are comparable at the edge. The
    /// authors count zeros there.
    private let smallFactors, wideFactors: [Float]?
    /// The small square's mean of the positions' own means, which standardising subtracted.
    private let level: [Float]?
    private let wideSquare: WideSquare?
    /// A value for each position.
    private var standardized, cells: [Float]

    package init(layout: Layout, statistics: DistanceStatistics?) {
        (self.layout, self.statistics) = (layout, statistics)
        standardized = [Float](repeating: 0, count: layout.rows.count * layout.columns.count)
        cells = standardized
        guard let statistics else {
            (smallFactors, wideFactors, level, wideSquare) = (nil, nil, nil, nil)
            return
        }
        let one = AnomalyMap(
            width: layout.width, height: layout.height,
            values: [Float](repeating: 1, count: layout.width * layout.height))
        func factors(_ side: Int) -> [Float] { one.boxFiltered(side: side).values.map { 1 / $0 } }
        smallFactors = factors(layout.settings.small)
        if case .distances = statistics.scales.wide, layout.settings.wide > 0 {
            wideFactors = factors(layout.settings.wide)
        } else {
            wideFactors = nil
        }
        wideSquare = layout.settings.wide > 0 ? WideSquare(layout) : nil
        level =
            layout.spread(zip(statistics.positions.means, statistics.positions.deviations).map { $0 / $1 })
            .boxFiltered(side: layout.settings.small, factors: smallFactors).values
    }

    /// - Returns: the image score, and the anomaly map.
    package func detect(_ differences: FeatureDifferences) -> (score: Double, map: AnomalyMap) {
        guard let statistics else {
            let map = layout.spread(differences.distances).boxFiltered(side: layout.settings.small)
            return (Double(map.largestMean(side: layout.settings.score)), map)
        }
        standardize(differences.distances)
        var map = smallMean()
        let signs = signs(of: map)
        let score = statistics.scales.signs.map { max(signs.peak / $0.peak, signs.spread / $0.spread) } ?? signs.peak
        let scale = 1 / statistics.scales.small, wide = wideMean(of: differences)
        var sum = 0.0
        for pixel in map.values.indices {
            var value = map.values[pixel] * scale
            if let wide { value = max(value, wide.values[pixel]) }
            map.values[pixel] = value
            sum += Double(value)
        }
        let part = layout.settings.levelShare * Float(sum / Double(map.values.count))
        for pixel in map.values.indices { map.values[pixel] -= part }
        return (score, map)
    }

    /// The two measures of an anomalous image.
    struct Signs: Sendable, Equatable {
        /// The small mean's largest value, or that of its mean over the score's square.
        var peak: Double
        /// The small mean's standard deviation over the image.
        var spread: Double
    }

    /// The measures of the small square's mean, with the subtracted means of the positions added again.
    func signs(of small: AnomalyMap) -> Signs {
        var whole = small
        if let level { for pixel in level.indices { whole.values[pixel] += level[pixel] } }
        let peak = whole.largestMean(side: layout.settings.score)
        return Signs(peak: Double(peak), spread: whole.standardDeviation)
    }

    /// The small square's unscaled mean of the standardised distances around each pixel.
    func smallMean(of distances: [Float]) -> AnomalyMap {
        standardize(distances)
        return smallMean()
    }

    /// The same of the distances in `standardized`.
    private func smallMean() -> AnomalyMap {
        layout.spread(standardized).boxFiltered(side: layout.settings.small, factors: smallFactors)
    }

    /// The length of the wide square's mean difference at each position, not yet standardised; nil if there is none.
    package func wideLengths(of differences: FeatureDifferences) -> [Float]? {
        standardize(differences.distances)
        return wideLengths(differences.vectors)
    }

    /// The same of the distances in `standardized`.
    private func wideLengths(_ vectors: [Float]) -> [Float]? {
        guard let wideSquare else { return nil }
        wideSquare.lengths(of: vectors, standardized: standardized, into: &cells)
        return cells
    }

    /// The wide square's mean of the distances in `standardized`, in standard deviations of flawless images.
    private func wideMean(of differences: FeatureDifferences) -> AnomalyMap? {
        switch statistics?.scales.wide {
        case nil: return nil
        case .lengths(let lengths, let deviation):
            guard let own = wideLengths(differences.vectors) else { return nil }
            return layout.spread(lengths.standardized(own, by: deviation))
        case .distances(let mean, let deviation):
            guard let wideFactors else { return nil }
            for position in cells.indices { cells[position] = min(standardized[position], layout.settings.mostOfOne) }
            var map = layout.spread(cells).boxFiltered(side: layout.settings.wide, factors: wideFactors)
            for pixel in map.values.indices { map.values[pixel] = (map.values[pixel] - mean) / deviation }
            return map
        }
    }

    private func standardize(_ distances: [Float]) {
        statistics?.positions.standardize(distances, into: &standardized)
    }
}
