import Imaging
import InspectionDomain
import NeuralNets

/// What decides when to stop: how well pictures kept apart are told from the same pictures with drawn defects.
public struct FineTuningValidation: Sendable {
    /// AUROC by kind of drawn defect.
    public struct Outcome: Codable, Sendable, Equatable {
        public var byKind: [String: Double]
        /// Mean image score of the flawless pictures kept apart.
        public var normalScore: Double
        public var mean: Double { byKind.values.reduce(0, +) / Double(max(1, byKind.count)) }

        enum CodingKeys: String, CodingKey {
            case byKind = "auroc"
            case normalScore = "normal_score"
        }
    }

    /// At the network's input size.
    private let normal: [Frame]
    /// Every kind of defect on every picture, kind by kind.
    private let anomalous: [(kind: SyntheticAnomaly, frame: Frame)]

    /// - Parameter pictures: indices of the frames kept apart; defects are drawn at the frames' own size.
    /// - Throws: `FrameSource.Unreadable`.
    public init(
        _ frames: FrameSource, pictures: [Int], width: Int, height: Int, seed: UInt64
    ) throws {
        var normal: [Frame] = [], anomalous: [(kind: SyntheticAnomaly, frame: Frame)] = []
        for (place, index) in pictures.enumerated() {
            let frame = try frames.frame(index)
            let donor = try frames.frame(pictures[(place + 1 + pictures.count / 2) % pictures.count])
            normal.append(frame.resized(width: width, height: height))
            for (number, kind) in SyntheticAnomaly.allCases.enumerated() {
                var generator = SplitMix64(seed: seed ^ UInt64(index * 64 + number) &* 0x9e37_79b9_7f4a_7c15)
                let drawn = kind.drawn(on: frame, donor: donor, using: &generator).frame
                anomalous.append((kind, drawn.resized(width: width, height: height)))
            }
        }
        (self.normal, self.anomalous) = (normal, anomalous)
    }

    /// Scores all pictures with a backbone and its levels' Gaussians.
    public func outcome(_ backbone: Backbone, levels: [GaussianModel.Level], workers: Int) throws -> Outcome {
        let all = normal + anomalous.map(\.frame)
        let parts = try ParallelFrames.run(
            count: all.count, workers: workers, phase: "validation", progress: nil,
            makeWorker: { _ in
                Worker(
                    extractor: try FeatureExtractor(
                        backbone: backbone, inputHeight: all[0].height, inputWidth: all[0].width,
                        taps: levels.map(\.name), threads: 1))
            },
            body: { worker, index in worker.score(all[index], index, backbone.normalization, levels) })
        var scores = [Double](repeating: 0, count: all.count)
        for part in parts { for (index, score) in part.scores { scores[index] = score } }
        let flawless = Array(scores.prefix(normal.count))
        var byKind: [String: Double] = [:]
        for kind in SyntheticAnomaly.allCases {
            let spoilt = anomalous.indices.filter { anomalous[$0].kind == kind }.map { scores[normal.count + $0] }
            let curve = Metrics.Curve(
                scores: flawless + spoilt,
                isAnomalous: flawless.map { _ in false } + spoilt.map { _ in true })
            byKind[kind.rawValue] = curve.auroc
        }
        return Outcome(byKind: byKind, normalScore: flawless.reduce(0, +) / Double(flawless.count))
    }

    private struct Worker {
        let extractor: FeatureExtractor
        var scores: [Int: Double] = [:]

        mutating func score(
            _ frame: Frame, _ index: Int, _ normalization: Normalization, _ levels: [GaussianModel.Level]
        ) {
            extractor.load(frame, normalization)
            extractor.run()
            scores[index] = zip(levels, extractor.features).reduce(0) { $0 + $1.0.distance($1.1.pooled()) }
        }
    }
}
