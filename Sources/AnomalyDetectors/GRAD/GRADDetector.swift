import CKernels
import Foundation
import Imaging
import NeuralNets

/// Scores frames with a `GRADModel`: how far each position's features are from the normal ones that the network puts in
/// their place. Owns its buffers; one per worker.
final class GRADDetector: Detector {
    private let model: GRADModel
    private let features: AlignedFeatures
    private let representation: NormalRepresentation
    private var distances: [Float]
    /// Where distances are standardised: 1 / their deviations, and 1 / the share of each smoothing square that lies in the map,
    /// because they shall mean the same at the edge (the authors count zeros there).
    private let factors, smoothingFactors: [Float]?

    /// - Throws: `ModelError` when the backbone does not give the features that the model was fitted on.
    init(model: GRADModel, threads: Int) throws {
        self.model = model
        features = try AlignedFeatures(
            backbone: model.backbone, inputWidth: model.inputWidth, inputHeight: model.inputHeight, taps: model.taps,
            projection: model.projection, threads: threads)
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
        distances = [Float](repeating: 0, count: network.height * network.width)
        factors = model.deviations?.values.map { 1 / $0 }
        smoothingFactors =
            factors == nil
            ? nil
            : AnomalyMap(
                width: model.inputWidth, height: model.inputHeight,
                values: [Float](repeating: 1, count: model.inputWidth * model.inputHeight)
            ).boxFiltered(side: model.scaled(model.smoothing)).values.map { 1 / $0 }
    }

    func detect(_ frame: Frame) throws -> Detection {
        let start = DispatchTime.now()
        features.load(frame)
        let loaded = DispatchTime.now()
        features.runBackbone()
        let run = DispatchTime.now()
        let (score, map) = represent()
        return Detection(
            imageScore: score, map: map, preprocess: loaded.milliseconds(since: start),
            backbone: run.milliseconds(since: loaded), detect: DispatchTime.now().milliseconds(since: run))
    }

    private func represent() -> (score: Double, map: AnomalyMap) {
        features.gather(into: representation.features.baseAddress!)
        distances.withUnsafeMutableBufferPointer { distances in
            representation.distances(into: distances)
            // In place: an array handed over twice would be copied first.
            if let factors { ck_multiply(distances.baseAddress, factors, distances.count, distances.baseAddress) }
        }
        // Every distance lies where the backbone's windows have their centre: a defect is marked where it is.
        var full = [Float](repeating: 0, count: model.inputWidth * model.inputHeight)
        ck_spread_add(
            distances, features.rows.cells, features.columns.cells, Int32(model.inputHeight), Int32(model.inputWidth),
            &full)
        let map = AnomalyMap(width: model.inputWidth, height: model.inputHeight, values: full)
            .boxFiltered(side: model.scaled(model.smoothing), factors: smoothingFactors)
        let window = min(model.scaled(model.scoreWindow), model.inputWidth, model.inputHeight)
        return (Double(map.largestMean(side: window)), map)
    }
}

extension AnomalyMap {
    /// The mean over a square around each pixel, zeros outside the map counted in (`side`² divides).
    /// - Parameter factors: what the mean is multiplied by at each pixel; nil for nothing.
    func boxFiltered(side: Int, factors: [Float]? = nil) -> AnomalyMap {
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

    /// The largest mean over a square that lies inside the map.
    func largestMean(side: Int) -> Float {
        guard side > 1 else { return maximum }
        var means = values
        ck_box_mean(values, Int32(height), Int32(width), Int32(side), 0, &means)
        var largest = -Float.infinity
        for y in 0...(height - side) { largest = max(largest, means[y * width...y * width + width - side].max() ?? 0) }
        return largest
    }
}
