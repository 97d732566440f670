import CKernels
import DetectionCore
import Foundation
import Imaging
import NeuralNets
import TensorCore
import InspectionDomain

/// Scores frames with a `GradConModel`: the reconstruction error, less the alignment of the decoder's gradients with
/// those of flawless images. One backward pass per frame.
final class GradConDetector: Detector {
    private let model: GradConModel
    private let output: NetworkGraph.NodeID
    private let parameters: NetworkParameters
    /// The decoder's weights, the only differentiated parameters.
    private let tracked: Set<String>
    /// Whether a frame may use more cores than its worker's.
    private let sharesCores: Bool

    init(model: GradConModel, threads: Int) {
        (self.model, sharesCores) = (model, threads > 1)
        output = GradConModel.output(of: model.graph)
        parameters = NetworkParameters(of: model.graph)
        tracked = Set(ConvolutionalAutoencoder.decoder.map { "\($0).weight" })
    }

    func detect(_ frame: Frame) throws -> Detection {
        let start = ContinuousClock.now
        let picture = frame.networkInput(
            width: model.inputWidth, height: model.inputHeight, GradConOptions.normalization)
        let loaded = ContinuousClock.now
        let (score, reconstruction) = score(picture)
        let scored = ContinuousClock.now
        let map = AnomalyMap(reconstruction, picture, squared: true).smoothedForItsSize
        return Detection(
            imageScore: Double(score), map: map, preprocess: loaded.milliseconds(since: start),
            backbone: scored.milliseconds(since: loaded), detect: ContinuousClock.now.milliseconds(since: scored))
    }

    /// - Parameter picture: `[1, H, W, C]`, 0…1.
    /// - Returns: mean squared error − weight · mean cosine; and the reconstruction.
    func score(_ picture: Tensor) -> (score: Float, reconstruction: Tensor) {
        guard sharesCores else { return Cores.withoutSharing { differentiate(picture) } }
        return differentiate(picture)
    }

    private func differentiate(_ picture: Tensor) -> (score: Float, reconstruction: Tensor) {
        var network = TrainableNetwork(model.graph, parameters, tracking: tracked.contains)
        let x = Variable(picture)
        let reconstruction = network.forward(x, nodes: [output], normalization: .frozen)[0]
        let error = mseLoss(reconstruction, x)
        let slopes = gradients(of: error, withRespectTo: network.tracked)
        let cosine = GradConModel.meanCosine(slopes, model.references).scalar
        return (error.scalar - model.scoreWeight * cosine, reconstruction.value)
    }
}

extension GradConModel: ReconstructingModel {
    package func reconstructions(of frames: [Frame]) throws -> [Frame] {
        frames.map { frame in
            let picture = frame.networkInput(width: inputWidth, height: inputHeight, GradConOptions.normalization)
            let bytes = score(picture).reconstruction.values.map { UInt8(min(255, max(0, $0 * 255)).rounded()) }
            return Frame(width: inputWidth, height: inputHeight, channels: 3, samples: .eight(bytes))
        }
    }

    /// The image score of one image, `[1, H, W, C]` in 0…1, and its reconstruction.
    package func score(_ picture: Tensor) -> (score: Float, reconstruction: Tensor) {
        GradConDetector(model: self, threads: 1).score(picture)
    }
}
