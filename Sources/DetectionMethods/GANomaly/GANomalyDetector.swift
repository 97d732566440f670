import CKernels
import DetectionCore
import Foundation
import Imaging
import NeuralNets
import TensorCore
import InspectionDomain

/// Scores frames with a `GANomalyModel`: the distance of the reconstruction's code from the image's. Owns its buffers;
/// one per worker.
final class GANomalyDetector: Detector {
    private let model: GANomalyModel
    private let plan: InferencePlan
    /// The plan reuses its input's memory; the map needs the image afterwards.
    private var picture: [Float]

    init(model: GANomalyModel, threads: Int) throws {
        self.model = model
        let outputs = GANomalyModel.outputs.compactMap { model.graph.node(named: $0) }
        plan = try InferencePlan(
            graph: model.graph, height: model.inputHeight, width: model.inputWidth, outputs: outputs, threads: threads)
        picture = [Float](repeating: 0, count: plan.input.count)
    }

    func detect(_ frame: Frame) throws -> Detection {
        let start = ContinuousClock.now
        let normalization = GANomalyOptions.normalization
        picture.withUnsafeMutableBufferPointer {
            frame.fillNetworkInput(
                $0, width: model.inputWidth, height: model.inputHeight, mean: normalization.mean,
                std: normalization.std)
        }
        let loaded = ContinuousClock.now
        let (score, map) = run()
        let run = ContinuousClock.now
        return Detection(
            imageScore: score, map: map.smoothedForItsSize, preprocess: loaded.milliseconds(since: start),
            backbone: run.milliseconds(since: loaded), detect: ContinuousClock.now.milliseconds(since: run))
    }

    /// The mean squared difference of the codes, and the mean over channels of the images' difference, unsmoothed.
    private func run() -> (score: Double, map: AnomalyMap) {
        _ = plan.input.update(fromContentsOf: picture)
        plan.run()
        let (made, codes) = (plan.outputs[0], (plan.outputs[1].values, plan.outputs[2].values))
        let distance = ck_squared_difference(codes.0.baseAddress, codes.1.baseAddress, codes.0.count)
        let map = AnomalyMap(
            picture, Array(made.values), height: made.height, width: made.width, channels: made.channels,
            scale: 1 / Float(made.channels), squared: false)
        return (distance / Double(codes.0.count), map)
    }

    /// A frame's reconstruction at the network's size, 8 bits.
    func reconstruction(_ frame: Frame) throws -> Frame {
        _ = try detect(frame)
        let bytes = plan.outputs[0].values.map { UInt8(min(255, max(0, ($0 + 1) * 127.5)).rounded()) }
        return Frame(width: model.inputWidth, height: model.inputHeight, channels: 3, samples: .eight(bytes))
    }
}

extension GANomalyModel: ReconstructingModel {
    package func reconstructions(of frames: [Frame]) throws -> [Frame] {
        let detector = try GANomalyDetector(model: self, threads: 1)
        return try frames.map(detector.reconstruction)
    }
}
