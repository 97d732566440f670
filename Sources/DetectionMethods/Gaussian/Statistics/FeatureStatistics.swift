import CKernels
import DetectionCore
import Imaging
import NeuralNets
import SeededRandom

/// One worker's pass over its frames: pooled features, and the sums that the map's Gaussians need. Only the pooled
/// vectors grow with the number of frames.
struct FeatureStatistics {
    /// Pooled features of each level, by frame.
    private(set) var pooled: [Int: [[Double]]] = [:]
    private(set) var moments: [FeatureMoments] = []
    private(set) var positions: [PositionMoments] = []
    private(set) var cells: (height: Int, width: Int, channels: [Int]) = (0, 0, [])

    /// Channels of the map's taps together.
    let mapChannels: Int

    private let extractor: FeatureExtractor
    private let backbone: Backbone
    private let levelCount: Int
    private let tapIndices: [Int]
    private var gatherer: ExtentGatherer?

    /// - Parameter taps: the map's taps; empty for the levels alone.
    init(backbone: Backbone, levels: [String], taps: [String], options: GaussianOptions) throws {
        self.backbone = backbone
        let names = levels + taps.filter { !levels.contains($0) }
        extractor = try FeatureExtractor(
            backbone: backbone, inputHeight: options.inputHeight, inputWidth: options.inputWidth, taps: names,
            threads: 1)
        levelCount = levels.count
        tapIndices = taps.compactMap { names.firstIndex(of: $0) }
        let features = extractor.features, maps = tapIndices.map { features[$0] }
        mapChannels = maps.reduce(0) { $0 + $1.channels }
        guard !taps.isEmpty else { return }
        switch options.map {
        case .tied:
            moments = maps.map { FeatureMoments(channels: $0.channels) }
        case .perPosition:
            var generator = SplitMix64(seed: options.seed)
            let chosen = (0..<mapChannels).shuffled(using: &generator).prefix(options.channelsPerPosition).sorted()
            let gatherer = try PositionGatherer(maps: maps, indices: tapIndices, channels: chosen)
            let finest = maps.prefix((maps.count + 1) / 2).reduce(0) { $0 + $1.channels }
            let fine = maps.count > 1 ? chosen.count { $0 < finest } : 0
            var extents: [(PositionGaussians.Extent, Int)] = [(.cell, chosen.count), (.window, chosen.count)]
            if fine > 0 { extents.append((.texture, fine)) }
            cells = (gatherer.rows.count, gatherer.columns.count, chosen)
            positions = extents.map {
                PositionMoments($0, rows: gatherer.rows.count, columns: gatherer.columns.count, channels: $1)
            }
            self.gatherer = ExtentGatherer(cells: gatherer, extents: extents)
        }
    }

    mutating func add(_ frame: Frame, index: Int) {
        extractor.load(frame, backbone.normalization)
        extractor.run()
        let features = extractor.features
        pooled[index] = features.prefix(levelCount).map { $0.pooled() }
        for (slot, tap) in tapIndices.enumerated() where !moments.isEmpty { moments[slot].add(features[tap].values) }
        for (index, values) in (gatherer?.gather(features) ?? []).enumerated() {
            positions[index].add(values)
        }
    }

    /// Pooled features of each level, by frame, of all workers.
    static func pooled(_ workers: [FeatureStatistics]) -> [Int: [[Double]]] {
        workers.reduce(into: [:]) { all, worker in all.merge(worker.pooled) { first, _ in first } }
    }
}
