import CKernels
import COpenBLAS
import DetectionCore
import Imaging
import InspectionDomain
import NeuralNets
import TensorCore

/// Scores frames with a `PatchCoreModel`: each position's distance to the nearest remembered patch, and the largest of
/// them. Owns its buffers; one per worker.
final class PatchCoreDetector: Detector {
    private let model: PatchCoreModel
    private let features: AlignedFeatures
    /// Squared lengths of the remembered patches.
    private let squares: [Float]
    private var map: [Float]
    private var products: [Float]

    /// - Throws: `ModelError` if the backbone does not give the features that the model was fitted on.
    init(model: PatchCoreModel, threads: Int, extractors: SharedExtractors) throws {
        self.model = model
        features = try AlignedFeatures(
            backbone: model.backbone, inputWidth: model.inputWidth, inputHeight: model.inputHeight, taps: model.taps,
            projection: nil, threads: threads, extractors: extractors)
        guard features.channels == model.channels else {
            throw ModelError(
                "the model remembers patches of \(model.channels) channels, the backbone gives \(features.channels)")
        }
        squares = PatchCoreModel.squares(model.memory, channels: model.channels)
        map = [Float](repeating: 0, count: features.count)
        products = [Float](repeating: 0, count: features.height * features.width * model.patches)
    }

    func detect(_ frame: Frame) throws -> Detection {
        let start = ContinuousClock.now
        features.load(frame)
        let loaded = ContinuousClock.now
        features.runBackbone()
        let run = ContinuousClock.now
        features.gather(into: &map)
        let distances = distances()
        var out = [Float](repeating: 0, count: model.inputWidth * model.inputHeight)
        ck_spread_add(
            distances, features.rows.cells, features.columns.cells, Int32(model.inputHeight), Int32(model.inputWidth),
            &out)
        let anomalies = AnomalyMap(width: model.inputWidth, height: model.inputHeight, values: out).smoothed(sigma: 4)
        return Detection(
            imageScore: Double(distances.max() ?? 0), map: anomalies, preprocess: loaded.milliseconds(since: start),
            backbone: run.milliseconds(since: loaded), detect: ContinuousClock.now.milliseconds(since: run))
    }

    /// `|x − p|² = |x|² + |p|² − 2 x · p`, the products of all pairs as one matrix product.
    private func distances() -> [Float] {
        LinearAlgebra.keepToOneThread()
        let channels = model.channels, patches = model.patches, positions = map.count / channels
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, Int32(positions), Int32(patches), Int32(channels), -2, map,
            Int32(channels), model.memory, Int32(channels), 0, &products, Int32(patches))
        return PatchCoreModel.squares(map, channels: channels).enumerated().map { position, own in
            var least = Float.infinity
            for patch in 0..<patches { least = min(least, squares[patch] + products[position * patches + patch]) }
            return max(0, own + least).squareRoot()
        }
    }
}
