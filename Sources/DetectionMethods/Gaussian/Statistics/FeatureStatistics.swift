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
    private(set) var positionSum: [Double] = []
    /// Lower triangles, row by row.
    private(set) var positionOuter: [Double] = []
    private(set) var positions: (height: Int, width: Int, channels: [Int]) = (0, 0, [])

    private let extractor: FeatureExtractor
    private let backbone: Backbone
    private let levelCount: Int
    private let tapIndices: [Int]
    private var gatherer: PositionGatherer?
    private var gathered: [Float] = []

    /// - Parameter taps: the map's taps; empty for the levels alone.
    init(backbone: Backbone, levels: [String], taps: [String], options: GaussianOptions) throws {
        self.backbone = backbone
        let names = levels + taps.filter { !levels.contains($0) }
        extractor = try FeatureExtractor(
            backbone: backbone, inputHeight: options.inputHeight, inputWidth: options.inputWidth, taps: names,
            threads: 1)
        levelCount = levels.count
        tapIndices = taps.compactMap { names.firstIndex(of: $0) }
        guard !taps.isEmpty else { return }
        let maps = tapIndices.map { extractor.features[$0] }
        switch options.map {
        case .tied:
            moments = maps.map { FeatureMoments(channels: $0.channels) }
        case .perPosition:
            var generator = SplitMix64(seed: options.seed)
            let all = 0..<maps.reduce(0) { $0 + $1.channels }
            let chosen = all.shuffled(using: &generator).prefix(options.channelsPerPosition).sorted()
            let gatherer = try PositionGatherer(maps: maps, indices: tapIndices, channels: chosen)
            positions = (gatherer.rows.count, gatherer.columns.count, chosen)
            gathered = [Float](repeating: 0, count: gatherer.count)
            positionSum = [Double](repeating: 0, count: gatherer.count)
            positionOuter = [Double](
                repeating: 0,
                count: gatherer.rows.count * gatherer.columns.count * chosen.count * (chosen.count + 1) / 2)
            self.gatherer = gatherer
        }
    }

    mutating func add(_ frame: Frame, index: Int) {
        extractor.load(frame, backbone.normalization)
        extractor.run()
        let features = extractor.features
        pooled[index] = features.prefix(levelCount).map { $0.pooled() }
        for (slot, tap) in tapIndices.enumerated() where !moments.isEmpty { moments[slot].add(features[tap].values) }
        if let gatherer {
            gatherer.gather(features, into: &gathered)
            ck_accumulate_positions(
                gathered, Int32(positions.height * positions.width), Int32(positions.channels.count), &positionSum,
                &positionOuter)
        }
    }
}
