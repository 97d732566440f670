import DetectionCore
import NeuralNets

/// Draws an image's distances over its pixels and gathers what lies together. Owns its buffers; one per worker.
///
/// As the authors do it, each pixel is the mean of a square around it. With the statistics of flawless images the distances
/// are standardised first, and there are two squares: a small one for defects of its size, and a wide one for what is faint
/// but large, an uneven shade over half a part; there the differences themselves are averaged (`WideSquare`). Both are told in
/// standard deviations of flawless images; the map is the larger, less a share of its own mean: parts that are a little
/// strange all over (another gloss, another light) say little of where.
///
/// The image score is taken before, the positions' own means left in: the small mean's largest value, or, where much is a
/// little strange, its standard deviation over the image; whichever is more times that of flawless images.
package final class DistanceMapper {
    /// The squares' sides, pixels at an input of 224, and what they gather.
    package struct Settings: Sendable, Equatable {
        /// Side of the mean that smooths the map; 1 leaves it as it is.
        package var small = 21
        /// Of the wide mean that finds what is faint but large; 0 for none. Only standardised distances have one.
        package var wide = 151
        /// Of the mean whose maximum is the image score (the authors: 32); 1 is the map's maximum.
        package var score = 1
        /// Standard deviations that a position counts for in the wide mean, at most.
        package var mostOfOne: Float = 3
        /// How much of its mean a map of standardised distances is lowered by, 0 to 1. The image score is not.
        package var levelShare: Float = 0.5

        package init() {}
    }

    /// Where the distances lie, and the settings with sides in the input's own pixels.
    package struct Layout: Sendable {
        let rows, columns: GridAxis
        let channels, width, height: Int
        let settings: Settings
    }

    private let layout: Layout
    private let statistics: DistanceStatistics?
    /// 1 / the share of each square that lies in the image: standardised distances mean the same at the edge. The authors
    /// count zeros there.
    private let smallFactors, wideFactors: [Float]?
    /// The small square's mean of the positions' own means: what standardising took away.
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

    /// What tells a strange image.
    struct Signs: Sendable, Equatable {
        /// The small mean's largest value, or that of its mean over the score's square.
        var peak: Double
        /// The small mean's standard deviation over the image.
        var spread: Double
    }

    /// Of the small square's mean, of which the positions' own means were taken away: they are put back.
    func signs(of small: AnomalyMap) -> Signs {
        var whole = small
        if let level { for pixel in level.indices { whole.values[pixel] += level[pixel] } }
        let peak = whole.largestMean(side: layout.settings.score)
        return Signs(peak: Double(peak), spread: whole.standardDeviation)
    }

    /// The small square's mean of the standardised distances around each pixel, not scaled yet.
    func smallMean(of distances: [Float]) -> AnomalyMap {
        standardize(distances)
        return smallMean()
    }

    /// The same of the distances in `standardized`.
    private func smallMean() -> AnomalyMap {
        layout.spread(standardized).boxFiltered(side: layout.settings.small, factors: smallFactors)
    }

    /// How long the wide square's mean difference is at each position, not standardised yet; nil when there is none.
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

    /// The wide square's mean of the distances in `standardized`, in standard deviations of flawless pictures.
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
