import CKernels
import DetectionCore
import Foundation
import Imaging
import NeuralNets
import InspectionDomain

/// Scores frames with a `GRADModel`: the distance of each position's features from the network's normal ones. Owns its
/// buffers; one per worker.
final class GRADDetector: Detector {
    private let model: GRADModel
    private let features: AlignedFeatures
    private let representation: NormalRepresentation
    private let mapper: DistanceMapper
    private var differences = FeatureDifferences()

    /// - Throws: `ModelError` if the backbone does not give the features that the model was fitted on.
    init(model: GRADModel, threads: Int, extractors: SharedExtractors) throws {
        self.model = model
        features = try AlignedFeatures(
            backbone: model.backbone, inputWidth: model.inputWidth, inputHeight: model.inputHeight, taps: model.taps,
            levels: model.evidence?.levels.map(\.name) ?? [], projection: model.projection, threads: threads,
            extractors: extractors)
        let network = model.network
        guard (features.height, features.width, features.channels) == (network.height, network.width, network.channels)
        else {
            throw ModelError(
                "the model was fitted on features of \(network.width)×\(network.height)×\(network.channels), the backbone "
                    + "gives \(features.width)×\(features.height)×\(features.channels)")
        }
        representation = try NormalRepresentation(
            graph: model.graph, height: network.height, width: network.width, channels: network.channels,
            threads: threads)
        mapper = DistanceMapper(
            layout: model.layout(rows: features.rows, columns: features.columns), statistics: model.statistics)
    }

    func detect(_ frame: Frame) throws -> Detection {
        let start = ContinuousClock.now
        features.load(frame)
        let loaded = ContinuousClock.now
        features.runBackbone()
        let run = ContinuousClock.now
        let (score, map) = represent()
        var detection = Detection(
            imageScore: score, map: map, preprocess: loaded.milliseconds(since: start),
            backbone: run.milliseconds(since: loaded), detect: 0)
        if let evidence = model.evidence {
            let (pooled, local) = evidence.distances(pooled: features.pooled(), blocks: blocks(of: differences.vectors))
            detection.map = evidence.shared(detection.map, features: blocks(of: Array(representation.features)))
            detection.imageScore = evidence.scale.score(pooled: pooled, local: [local])
            detection.evidence = evidence.scale.evidence(pooled: pooled, local: [local])
            detection.isWholeImage = evidence.scale.isWholeImage(pooled: pooled, local: [local])
        }
        detection.detect = ContinuousClock.now.milliseconds(since: run)
        return detection
    }

    private func represent() -> (score: Double, map: AnomalyMap) {
        features.gather(into: representation.features.baseAddress!)
        representation.differences(into: &differences)
        return mapper.detect(differences)
    }

    private func blocks(of values: [Float]) -> [Float] {
        ResidualEvidence.blocks(
            values, rows: features.height, columns: features.width, channels: features.channels)
    }
}
