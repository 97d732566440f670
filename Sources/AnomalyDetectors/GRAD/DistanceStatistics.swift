import NeuralNets

/// What the distances of flawless pictures are like, position by position.
///
/// Some positions are represented worse than others (edges, textured zones), and the plain distance finds fault with them in
/// every picture. Less its mean and divided by its standard deviation there, a distance means the same everywhere.
public struct DistanceStatistics: Sendable, Equatable {
    /// Mean and standard deviation at each position, `[height, width]`; the deviations are above zero.
    public let means, deviations: [Float]
    /// What the smoothed maps of flawless pictures are like.
    let scales: Scales

    /// Of the two means of standardised distances that `DistanceMapper` draws.
    struct Scales: Sendable, Equatable {
        /// Standard deviation of the small square's mean.
        var small: Float = 1
        /// The wide square's; nil when there is none.
        var wide: Wide?
        /// Means of what tells a strange picture; nil in models of earlier versions, whose image score is the peak alone.
        var signs: DistanceMapper.Signs?

        struct Wide: Sendable, Equatable {
            let mean, deviation: Float
        }
    }

    /// Weight of the common variance, in pictures: few pictures tell little of a single position.
    public static let pooledPictures = 10.0

    /// - Parameters:
    ///   - distances: at each position, of every sight of the pictures.
    ///   - pictures: how many pictures these are sights of.
    /// - Returns: nil when the distances do not vary at all (one picture, or the same one again and again).
    public init?(distances: [[Float]], pictures: Int) {
        var moments = Moments()
        for sight in distances { moments.add(sight) }
        let pooled = moments.variance, n = Double(pictures)
        guard pooled > 0, pooled.isFinite else { return nil }
        means = moments.means.map { Float($0) }
        deviations = moments.variances.map {
            Float(((n * $0 + Self.pooledPictures * pooled) / (n + Self.pooledPictures)).squareRoot())
        }
        scales = Scales()
    }

    init(means: [Float], deviations: [Float], scales: Scales) {
        (self.means, self.deviations, self.scales) = (means, deviations, scales)
    }

    /// Measures them over all variants of the pictures, with the network as inference runs it.
    ///
    /// - Throws: `FeatureCache.Failure`, `WeightError`.
    static func measure(
        _ features: GRADFeatures, graph: NetworkGraph, layout: DistanceMapper.Layout, work: FittingWork
    ) throws -> Self? {
        let variants = features.variants
        let workers = try ParallelFrames.run(
            count: variants.count, workers: work.workers, phase: "distances", progress: work.progress,
            makeWorker: { _ in try Worker(features, graph) },
            body: { worker, index in try worker.add(index) })
        let distances = workers.flatMap { $0.distances }.sorted { $0.key < $1.key }.map(\.value)
        return Self(distances: distances, pictures: variants.pictures)?.scaled(by: distances, layout: layout)
    }

    /// The same with what the smoothed maps of these distances are like.
    public func scaled(by distances: [[Float]], layout: DistanceMapper.Layout) -> Self {
        let mapper = DistanceMapper(layout: layout, statistics: self)
        var small = Moments(), wide = Moments(), signs = DistanceMapper.Signs(peak: 0, spread: 0)
        for sight in distances {
            let means = mapper.means(of: sight), own = mapper.signs(of: means.small)
            small.add(means.small.values)
            if let map = means.wide { wide.add(map.values) }
            signs.peak += own.peak / Double(distances.count)
            signs.spread += own.spread / Double(distances.count)
        }
        let scales = Scales(
            small: small.deviation ?? 1,
            wide: wide.deviation.map { Scales.Wide(mean: Float(wide.mean), deviation: $0) },
            signs: signs.peak > 0 && signs.spread > 0 ? signs : nil)
        return Self(means: means, deviations: deviations, scales: scales)
    }

    /// One thread's network and what it measured, by variant.
    private final class Worker {
        private let features: GRADFeatures
        private let representation: NormalRepresentation
        private(set) var distances: [Int: [Float]] = [:]

        init(_ features: GRADFeatures, _ graph: NetworkGraph) throws {
            self.features = features
            representation = try NormalRepresentation(
                graph: graph, height: features.height, width: features.width, channels: features.channels, threads: 1)
        }

        func add(_ index: Int) throws {
            try features.cache.load(index, into: representation.features.baseAddress!)
            var sight = [Float](repeating: 0, count: features.height * features.width)
            sight.withUnsafeMutableBufferPointer { representation.distances(into: $0) }
            distances[index] = sight
        }
    }

    /// What many maps of one size have at each place, summed up one map after another.
    private struct Moments {
        private var sums: [Double] = [], squares: [Double] = [], maps = 0.0

        mutating func add(_ map: [Float]) {
            if sums.isEmpty { (sums, squares) = (map.map { _ in 0 }, map.map { _ in 0 }) }
            for (place, value) in map.enumerated() {
                sums[place] += Double(value)
                squares[place] += Double(value) * Double(value)
            }
            maps += 1
        }

        var means: [Double] { sums.map { $0 / maps } }
        var variances: [Double] { zip(means, squares).map { max(0, $1 / maps - $0 * $0) } }

        /// Over all places: their mean, and the mean of their variances.
        var mean: Double { means.reduce(0, +) / Double(max(1, sums.count)) }
        var variance: Double { variances.reduce(0, +) / Double(max(1, sums.count)) }

        /// How much a place varies from map to map; nil when nothing does.
        var deviation: Float? {
            let deviation = Float(variance.squareRoot())
            return deviation > 0 && deviation.isFinite ? deviation : nil
        }
    }
}
