import DetectionCore
import Foundation
import Imaging
import InspectionDomain
import NeuralNets

/// Scores frames with a `GaussianModel`: the summed Mahalanobis distances of the pooled levels and the largest
/// distances at the positions of the taps, which are also the map. Owns its buffers; one per worker.
final class GaussianDetector: Detector {
    private let model: GaussianModel
    private let reader: GaussianReader

    init(model: GaussianModel, threads: Int, extractors: SharedExtractors) throws {
        self.model = model
        reader = try GaussianReader(model: model, threads: threads, extractors: extractors)
    }

    func detect(_ frame: Frame) throws -> Detection {
        let start = ContinuousClock.now
        reader.load(frame)
        let filled = ContinuousClock.now
        reader.run()
        let run = ContinuousClock.now
        let pooled = reader.pooledDistances().reduce(0, +)
        let (sharp, local) = reader.map()
        let map = sharp.smoothed(sigma: model.smoothing)
        var detection = Detection(
            imageScore: model.score(pooled: pooled, local: local), map: map,
            preprocess: filled.milliseconds(since: start), backbone: run.milliseconds(since: filled),
            detect: ContinuousClock.now.milliseconds(since: run))
        detection.evidence = model.scale?.evidence(pooled: pooled, local: local)
        detection.isWholeImage =
            model.evidence != .local && model.scale?.isWholeImage(pooled: pooled, local: local) == true
        return detection
    }
}

/// Runs a model's backbone on one frame at a time and compares its levels and positions with the model's Gaussians.
final class GaussianReader {
    let mapper: any PixelMapper
    private let model: GaussianModel
    private let extractor: FeatureExtractor

    init(model: GaussianModel, threads: Int, extractors: SharedExtractors = SharedExtractors()) throws {
        self.model = model
        let names = model.levels.map(\.name)
        let taps = names + model.mapTaps.filter { !names.contains($0) }
        extractor = try extractors.extractor(
            backbone: model.backbone, inputHeight: model.inputHeight, inputWidth: model.inputWidth, taps: taps,
            threads: threads)
        let features = extractor.features
        for (level, map) in zip(model.levels, features) where level.mean.count != map.channels {
            throw ModelError("level \(level.name) has \(level.mean.count) channels, the backbone gives \(map.channels)")
        }
        let tapIndices = model.mapTaps.compactMap { taps.firstIndex(of: $0) }
        switch model.pixels {
        case .tied(let gaussians):
            mapper = try TiedMapper(gaussians, tapIndices.map { features[$0] }, tapIndices)
        case .perPosition(let gaussians):
            mapper = try PositionMapper(gaussians, tapIndices.map { features[$0] }, tapIndices)
        }
    }

    func load(_ frame: Frame) { extractor.load(frame, model.backbone.normalization) }
    func run() { extractor.run() }

    /// The last frame's feature maps.
    var features: [FeatureMap] { extractor.features }

    /// The last frame's pooled features of each level.
    func pooledFeatures() -> [[Double]] { zip(model.levels, extractor.features).map { $0.1.pooled() } }

    /// The last frame's distance of each level.
    func pooledDistances() -> [Double] { zip(model.levels, pooledFeatures()).map { $0.0.distance($0.1) } }

    /// The last frame's unsmoothed map, and its largest distance at each extent.
    func map() -> (map: AnomalyMap, largest: [Double]) {
        mapper.map(extractor.features, width: model.inputWidth, height: model.inputHeight)
    }
}
