import CKernels
import DetectionCore
import Foundation
import Imaging
import NeuralNets
import InspectionDomain

/// Scores frames with a `GaussianModel`: the summed Mahalanobis distances of the pooled levels, and a map of distances
/// at each position of the taps. Owns its buffers; one per worker.
final class GaussianDetector: Detector {
    private let model: GaussianModel
    private let extractor: FeatureExtractor
    private let levelIndices: [Int]
    private let mapper: any PixelMapper

    init(model: GaussianModel, threads: Int) throws {
        self.model = model
        let names = model.levels.map(\.name)
        let taps = names + model.mapTaps.filter { !names.contains($0) }
        extractor = try FeatureExtractor(
            backbone: model.backbone, inputHeight: model.inputHeight, inputWidth: model.inputWidth, taps: taps,
            threads: threads)
        levelIndices = Array(names.indices)
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

    func detect(_ frame: Frame) throws -> Detection {
        let start = ContinuousClock.now
        extractor.load(frame, model.backbone.normalization)
        let filled = ContinuousClock.now
        extractor.run()
        let run = ContinuousClock.now
        let features = extractor.features
        var score = 0.0
        for (level, index) in zip(model.levels, levelIndices) { score += level.distance(features[index].pooled()) }
        let map = mapper.map(features, width: model.inputWidth, height: model.inputHeight)
            .smoothed(sigma: model.smoothing)
        return Detection(
            imageScore: score, map: map, preprocess: filled.milliseconds(since: start),
            backbone: run.milliseconds(since: filled), detect: ContinuousClock.now.milliseconds(since: run))
    }
}

/// Turns feature maps into an unsmoothed anomaly map at the input's size.
protocol PixelMapper: AnyObject {
    func map(_ features: [FeatureMap], width: Int, height: Int) -> AnomalyMap
}

/// One Gaussian per tap: whitening as one matrix product over all positions, then a norm per position.
final class TiedMapper: PixelMapper {
    private struct Tap {
        let index: Int
        let channels: Int
        let packed: [Float]
        /// `−mean · whitening`: the product's bias.
        let bias: [Float]
    }

    private let taps: [Tap]
    private var whitened: [Float]
    private var distances: [Float]

    init(_ gaussians: [(tap: String, mean: [Float], whitening: [Float])], _ maps: [FeatureMap], _ indices: [Int]) throws
    {
        guard gaussians.count == maps.count else { throw ModelError("the backbone has no level of the pixel map") }
        taps = try zip(gaussians, zip(maps, indices)).map { gaussian, tap in
            let (map, index) = tap, d = gaussian.mean.count
            guard map.channels == d else {
                throw ModelError("level \(gaussian.tap) has \(d) channels, the backbone gives \(map.channels)")
            }
            var packed = [Float](repeating: 0, count: ck_gemm_packed_count(Int32(d), Int32(d)))
            ck_gemm_pack(gaussian.whitening, Int32(d), Int32(d), &packed)
            let bias = (0..<d).map { column in
                -(0..<d).reduce(0.0) { $0 + Double(gaussian.mean[$1]) * Double(gaussian.whitening[$1 * d + column]) }
            }
            return Tap(index: index, channels: d, packed: packed, bias: bias.map(Float.init))
        }
        let largest = maps.map { $0.height * $0.width * $0.channels }.max() ?? 0
        whitened = [Float](repeating: 0, count: largest + Int(CK_SLACK))
        distances = [Float](repeating: 0, count: maps.map { $0.height * $0.width }.max() ?? 0)
    }

    func map(_ features: [FeatureMap], width: Int, height: Int) -> AnomalyMap {
        var out = [Float](repeating: 0, count: width * height)
        for tap in taps {
            let map = features[tap.index], positions = map.height * map.width
            tap.packed.withUnsafeBufferPointer { packed in
                tap.bias.withUnsafeBufferPointer { bias in
                    whitened.withUnsafeMutableBufferPointer { whitened in
                        var gemm = ck_gemm()
                        gemm.a = map.values.baseAddress
                        gemm.lda = tap.channels
                        (gemm.taps, gemm.c, gemm.n) = (1, Int32(tap.channels), Int32(tap.channels))
                        gemm.packed = packed.baseAddress
                        gemm.bias = bias.baseAddress
                        gemm.out = whitened.baseAddress
                        gemm.ldo = tap.channels
                        ck_gemm_run(&gemm, 0, Int32(positions))
                    }
                }
            }
            ck_row_norms(whitened, positions, Int32(tap.channels), &distances)
            ck_spread_add(distances, map.rows.cells, map.columns.cells, Int32(height), Int32(width), &out)
        }
        return AnomalyMap(width: width, height: height, values: out)
    }
}

/// One Gaussian per position on a subset of the concatenated taps' channels.
final class PositionMapper: PixelMapper {
    private let gaussians: GaussianModel.PositionGaussians
    private let gatherer: PositionGatherer
    private var gathered: [Float]
    private var distances: [Float]

    init(_ gaussians: GaussianModel.PositionGaussians, _ maps: [FeatureMap], _ indices: [Int]) throws {
        self.gaussians = gaussians
        gatherer = try PositionGatherer(maps: maps, indices: indices, channels: gaussians.channels)
        guard gatherer.rows.count == gaussians.height, gatherer.columns.count == gaussians.width else {
            throw ModelError(
                "the model has \(gaussians.height)×\(gaussians.width) positions, the backbone gives "
                    + "\(gatherer.rows.count)×\(gatherer.columns.count)")
        }
        gathered = [Float](repeating: 0, count: gatherer.count)
        distances = [Float](repeating: 0, count: gaussians.height * gaussians.width)
    }

    func map(_ features: [FeatureMap], width: Int, height: Int) -> AnomalyMap {
        gatherer.gather(features, into: &gathered)
        ck_position_distances(
            gathered, gaussians.mean, gaussians.whitening, Int32(distances.count), Int32(gaussians.channels.count),
            &distances)
        var out = [Float](repeating: 0, count: width * height)
        ck_spread_add(distances, gatherer.rows.cells, gatherer.columns.cells, Int32(height), Int32(width), &out)
        return AnomalyMap(width: width, height: height, values: out)
    }
}
