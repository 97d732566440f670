import CKernels
import Imaging
import NeuralNets

/// Draws a picture's distances over its pixels and gathers what lies together. Owns its buffers; one per worker.
///
/// As the authors do it, each pixel is the mean of a square around it. With the statistics of flawless pictures the distances
/// are standardised first, and there are two squares: a small one for defects of its size, and a wide one for what is faint
/// but large, an uneven shade over half a part. In the wide mean no position counts for more than `mostOfOne`, so that a
/// small, strong defect stays where it is. Both are told in standard deviations of flawless pictures; the map is the larger,
/// less a share of its own mean: parts that are a little strange all over (another gloss, another light) say little of where.
///
/// The image score is taken before, the positions' own means left in: the small mean's largest value, or, where much is a
/// little strange, its standard deviation over the picture; whichever is more times that of flawless pictures.
public final class DistanceMapper {
    /// The squares' sides, pixels at an input of 224, and what they gather.
    public struct Settings: Sendable, Equatable {
        /// Side of the mean that smooths the map; 1 leaves it as it is.
        public var small = 21
        /// Of the wide mean that finds what is faint but large; 0 for none. Only standardised distances have one.
        public var wide = 151
        /// Of the mean whose maximum is the image score (the authors: 32); 1 is the map's maximum.
        public var score = 1
        /// Standard deviations that a position counts for in the wide mean, at most.
        public var mostOfOne: Float = 4
        /// How much of its mean a map of standardised distances is lowered by, 0 to 1. The image score is not.
        public var levelShare: Float = 0.5

        public init() {}
    }

    /// Where the distances lie, and the settings with sides in the input's own pixels.
    public struct Layout {
        let rows, columns: GridAxis
        let width, height: Int
        let settings: Settings
    }

    private let layout: Layout
    private let statistics: DistanceStatistics?
    /// 1 / the share of each square that lies in the picture: standardised distances mean the same at the edge. The authors
    /// count zeros there.
    private let smallFactors, wideFactors: [Float]?
    /// The small square's mean of the positions' own means: what standardising took away.
    private let level: [Float]?
    private var cells: [Float]

    public init(layout: Layout, statistics: DistanceStatistics?) {
        (self.layout, self.statistics) = (layout, statistics)
        cells = [Float](repeating: 0, count: layout.rows.count * layout.columns.count)
        guard let statistics else {
            (smallFactors, wideFactors, level) = (nil, nil, nil)
            return
        }
        let one = AnomalyMap(
            width: layout.width, height: layout.height,
            values: [Float](repeating: 1, count: layout.width * layout.height))
        func factors(_ side: Int) -> [Float] { one.boxFiltered(side: side).values.map { 1 / $0 } }
        smallFactors = factors(layout.settings.small)
        wideFactors = layout.settings.wide > 0 ? factors(layout.settings.wide) : nil
        level =
            layout.spread(zip(statistics.means, statistics.deviations).map { $0 / $1 })
            .boxFiltered(side: layout.settings.small, factors: smallFactors).values
    }

    /// - Parameter distances: `[rows, columns]`.
    /// - Returns: the image score, and the anomaly map.
    public func detect(_ distances: [Float]) -> (score: Double, map: AnomalyMap) {
        var (small, wide) = means(of: distances)
        guard let statistics else {
            return (Double(small.largestMean(side: layout.settings.score)), small)
        }
        let signs = signs(of: small)
        let score = statistics.scales.signs.map { max(signs.peak / $0.peak, signs.spread / $0.spread) } ?? signs.peak
        let scale = 1 / statistics.scales.small
        for pixel in small.values.indices { small.values[pixel] *= scale }
        if let wide, let flawless = statistics.scales.wide {
            let scale = 1 / flawless.deviation
            for pixel in small.values.indices {
                small.values[pixel] = max(small.values[pixel], (wide.values[pixel] - flawless.mean) * scale)
            }
        }
        let mean = small.values.reduce(0) { $0 + Double($1) } / Double(small.values.count)
        let part = layout.settings.levelShare * Float(mean)
        for pixel in small.values.indices { small.values[pixel] -= part }
        return (score, small)
    }

    /// What tells a strange picture.
    struct Signs: Sendable, Equatable {
        /// The small mean's largest value, or that of its mean over the score's square.
        var peak: Double
        /// The small mean's standard deviation over the picture.
        var spread: Double
    }

    /// Of the small square's mean, of which the positions' own means were taken away: they are put back.
    func signs(of small: AnomalyMap) -> Signs {
        var whole = small
        if let level { for pixel in level.indices { whole.values[pixel] += level[pixel] } }
        let peak = whole.largestMean(side: layout.settings.score)
        return Signs(peak: Double(peak), spread: whole.standardDeviation)
    }

    /// The two squares' means around each pixel, not scaled yet; of the distances themselves where there are no statistics.
    func means(of distances: [Float]) -> (small: AnomalyMap, wide: AnomalyMap?) {
        guard let statistics else { return (layout.spread(distances).boxFiltered(side: layout.settings.small), nil) }
        for position in cells.indices {
            cells[position] =
                (distances[position] - statistics.means[position]) / statistics.deviations[position]
        }
        let small = layout.spread(cells).boxFiltered(side: layout.settings.small, factors: smallFactors)
        guard let wideFactors else { return (small, nil) }
        for position in cells.indices { cells[position] = min(cells[position], layout.settings.mostOfOne) }
        return (small, layout.spread(cells).boxFiltered(side: layout.settings.wide, factors: wideFactors))
    }
}

extension DistanceMapper.Layout {
    public init(
        rows: GridAxis, columns: GridAxis, inputWidth: Int, inputHeight: Int, settings: DistanceMapper.Settings
    ) {
        let shorter = min(inputWidth, inputHeight)
        func scaled(_ side: Int) -> Int { max(1, (side * shorter + 112) / 224) }
        (self.rows, self.columns, width, height) = (rows, columns, inputWidth, inputHeight)
        var own = settings
        (own.small, own.wide) = (scaled(settings.small), settings.wide > 0 ? scaled(settings.wide) : 0)
        own.score = min(scaled(settings.score), shorter)
        self.settings = own
    }

    /// The positions' values over the picture: each lies where the backbone's windows have their centre, so that a defect is
    /// marked where it is.
    fileprivate func spread(_ cells: [Float]) -> AnomalyMap {
        var full = [Float](repeating: 0, count: width * height)
        ck_spread_add(cells, rows.cells, columns.cells, Int32(height), Int32(width), &full)
        return AnomalyMap(width: width, height: height, values: full)
    }
}

extension AnomalyMap {
    /// The mean over a square around each pixel, zeros outside the map counted in (`side`² divides).
    /// - Parameter factors: what the mean is multiplied by at each pixel; nil for nothing.
    fileprivate func boxFiltered(side: Int, factors: [Float]? = nil) -> AnomalyMap {
        guard side > 1 else { return self }
        var out = values
        ck_box_mean(values, Int32(height), Int32(width), Int32(side), Int32(side / 2), &out)
        if let factors {
            out.withUnsafeMutableBufferPointer {
                ck_multiply($0.baseAddress, factors, $0.count, $0.baseAddress)
            }
        }
        return AnomalyMap(width: width, height: height, values: out)
    }

    /// Over its pixels.
    fileprivate var standardDeviation: Double {
        var sum = 0.0, squares = 0.0
        for value in values { (sum, squares) = (sum + Double(value), squares + Double(value) * Double(value)) }
        let count = Double(values.count)
        return max(0, squares / count - sum / count * (sum / count)).squareRoot()
    }

    /// The largest mean over a square that lies inside the map.
    fileprivate func largestMean(side: Int) -> Float {
        guard side > 1 else { return maximum }
        var means = values
        ck_box_mean(values, Int32(height), Int32(width), Int32(side), 0, &means)
        var largest = -Float.infinity
        for y in 0...(height - side) { largest = max(largest, means[y * width...y * width + width - side].max() ?? 0) }
        return largest
    }
}
