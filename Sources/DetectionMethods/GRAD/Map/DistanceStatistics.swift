import DetectionCore
import NeuralNets

/// Statistics of the distances of flawless images, position by position.
///
/// The network represents some positions worse than others (edges, textured zones), so that their plain distance is
/// large in every image. Less its mean and divided by its standard deviation there, a distance is comparable
/// everywhere.
package struct DistanceStatistics: Sendable, Equatable {
    /// Statistics of the distances at each position.
    package let positions: PositionStatistics
    /// Statistics of the smoothed maps of flawless images.
    let scales: Scales

    /// Statistics of the maps of `DistanceMapper`.
    struct Scales: Sendable, Equatable {
        /// Standard deviation of the small square's mean.
        var small: Float = 1
        /// The wide square's statistics; nil if there is none.
        var wide: Wide?
        /// Means of the two measures of an anomalous image; nil in models of earlier versions, whose score is the peak
        /// alone.
        var signs: DistanceMapper.Signs?

        enum Wide: Sendable, Equatable {
            /// The lengths of mean differences, and the standard deviation of the map standardised by them.
            case lengths(PositionStatistics, deviation: Float)
            /// Models of earlier versions average the distances: their mean and standard deviation.
            case distances(mean: Float, deviation: Float)
        }
    }

    /// - Parameters:
    ///   - distances: at each position, of every variant of the images.
    ///   - pictures: the number of images behind the variants.
    /// - Returns: nil if the distances do not vary at all (one image, or the same one repeatedly).
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
            // The limit in the wide mean needs the distances' statistics.
            lengths = try collect(
                "wide squares", features, graph, work, mapper: { DistanceMapper(layout: layout, statistics: own) }
            ) { $0?.wideLengths(of: $1) ?? [] }
        }
        return own.scaled(by: distances, lengths: lengths, pictures: pictures, layout: layout)
    }

    /// The results of `take` for each variant's differences, in order.
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

    /// The statistics with those of the smoothed maps of these variants.
    /// - Parameter lengths: `DistanceMapper.wideLengths` of each; empty for no wide mean.
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

    /// One thread's network and its results of each variant.
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
