import DetectionCore
import NeuralNets

/// What the distances of flawless images are like, position by position.
///
/// Some positions are represented worse than others (edges, textured zones), and the plain distance finds fault with them in
/// every image. Less its mean and divided by its standard deviation there, a distance means the same everywhere.
package struct DistanceStatistics: Sendable, Equatable {
    /// The distances', at each position.
    package let positions: PositionStatistics
    /// What the smoothed maps of flawless images are like.
    let scales: Scales

    /// Of what `DistanceMapper` draws.
    struct Scales: Sendable, Equatable {
        /// Standard deviation of the small square's mean.
        var small: Float = 1
        /// The wide square's; nil when there is none.
        var wide: Wide?
        /// Means of what tells a strange image; nil in models of earlier versions, whose image score is the peak alone.
        var signs: DistanceMapper.Signs?

        enum Wide: Sendable, Equatable {
            /// How long mean differences are, and the standard deviation of the map of what is standardised by it.
            case lengths(PositionStatistics, deviation: Float)
            /// Models of earlier versions average the distances: their mean and standard deviation.
            case distances(mean: Float, deviation: Float)
        }
    }

    /// - Parameters:
    ///   - distances: at each position, of every sight of the images.
    ///   - pictures: how many images these are sights of.
    /// - Returns: nil when the distances do not vary at all (one image, or the same one again and again).
    package init?(distances: [[Float]], pictures: Int) {
        guard let positions = PositionStatistics(distances, pictures: pictures) else { return nil }
        self.init(positions: positions, scales: Scales())
    }

    init(positions: PositionStatistics, scales: Scales) {
        (self.positions, self.scales) = (positions, scales)
    }

    /// Measures them over all variants of the images, with the network as inference runs it.
    ///
    /// - Throws: `FeatureCache.Failure`, `WeightError`.
    static func measure(
        _ features: GRADFeatures, graph: NetworkGraph, layout: DistanceMapper.Layout, work: FittingWork
    ) throws -> Self? {
        let pictures = features.variants.pictures
        let distances = try collect("distances", features, graph, work, mapper: { nil }) { $1.distances }
        guard let own = Self(distances: distances, pictures: pictures) else { return nil }
        var lengths: [[Float]] = []
        if layout.settings.wide > 0 {
            // What is cut off in the wide mean needs the distances' statistics.
            lengths = try collect(
                "wide squares", features, graph, work, mapper: { DistanceMapper(layout: layout, statistics: own) }
            ) { $0?.wideLengths(of: $1) ?? [] }
        }
        return own.scaled(by: distances, lengths: lengths, pictures: pictures, layout: layout)
    }

    /// What `take` makes of each variant's differences, in order.
    private static func collect(
        _ phase: String, _ features: GRADFeatures, _ graph: NetworkGraph, _ work: FittingWork,
        mapper: @Sendable () -> DistanceMapper?, _ take: @Sendable (DistanceMapper?, FeatureDifferences) -> [Float]
    ) throws -> [[Float]] {
        let workers = try ParallelFrames.run(
            count: features.variants.count, workers: work.workers, phase: phase, progress: work.progress,
            makeWorker: { _ in try Worker(features, graph, mapper()) },
            body: { worker, index in try worker.add(index, take) })
        return workers.flatMap { $0.taken }.sorted { $0.key < $1.key }.map(\.value)
    }

    /// The same with what the smoothed maps of these sights are like.
    /// - Parameter lengths: `DistanceMapper.wideLengths` of each; none to go without a wide mean.
    package func scaled(
        by distances: [[Float]], lengths: [[Float]], pictures: Int, layout: DistanceMapper.Layout
    ) -> Self {
        let mapper = DistanceMapper(layout: layout, statistics: self)
        var small = PlaceMoments(), signs = DistanceMapper.Signs(peak: 0, spread: 0)
        for sight in distances {
            let mean = mapper.smallMean(of: sight), own = mapper.signs(of: mean)
            small.add(mean.values)
            signs.peak += own.peak / Double(distances.count)
            signs.spread += own.spread / Double(distances.count)
        }
        let scales = Scales(
            small: small.deviation ?? 1, wide: Self.wide(lengths, pictures: pictures, layout: layout),
            signs: signs.peak > 0 && signs.spread > 0 ? signs : nil)
        return Self(positions: positions, scales: scales)
    }

    private static func wide(_ lengths: [[Float]], pictures: Int, layout: DistanceMapper.Layout) -> Scales.Wide? {
        guard let own = PositionStatistics(lengths, pictures: pictures) else { return nil }
        var maps = PlaceMoments()
        for sight in lengths { maps.add(layout.spread(own.standardized(sight)).values) }
        return maps.deviation.map { .lengths(own, deviation: $0) }
    }

    /// One thread's network and what was taken of each variant.
    private final class Worker {
        private let features: GRADFeatures
        private let representation: NormalRepresentation
        private let mapper: DistanceMapper?
        private var differences = FeatureDifferences()
        private(set) var taken: [Int: [Float]] = [:]

        init(_ features: GRADFeatures, _ graph: NetworkGraph, _ mapper: DistanceMapper?) throws {
            (self.features, self.mapper) = (features, mapper)
            representation = try NormalRepresentation(
                graph: graph, height: features.height, width: features.width, channels: features.channels, threads: 1)
        }

        func add(_ index: Int, _ take: (DistanceMapper?, FeatureDifferences) -> [Float]) throws {
            try features.cache.load(index, into: representation.features.baseAddress!)
            representation.differences(into: &differences)
            taken[index] = take(mapper, differences)
        }
    }
}
