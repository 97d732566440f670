import CKernels
import DetectionCore
import Imaging
import NeuralNets
import TensorCore

/// A frozen backbone's pooled levels of many images, and the linear layer on them.
struct PooledFeatures {
    /// `[pictures, channels]`
    private let raw: Tensor
    private let mean, deviation: [Float]
    let channels: Int

    /// - Throws: `FrameSource.Unreadable`, `WeightError`.
    init(
        _ frames: FrameSource, _ backbone: Backbone, _ levels: [String], _ options: ODINOptions, _ work: FittingWork
    ) throws {
        let workers = try ParallelFrames.run(
            count: frames.count, workers: work.workers, phase: "features", progress: work.progress,
            makeWorker: { _ in
                Worker(
                    extractor: try FeatureExtractor(
                        backbone: backbone, inputHeight: options.inputHeight, inputWidth: options.inputWidth,
                        taps: levels, threads: 1))
            },
            body: { worker, index in
                worker.extractor.load(try frames.frame(index), backbone.normalization)
                worker.extractor.run()
                worker.pooled[index] = worker.extractor.features.flatMap { $0.pooled() }
            })
        let rows = workers.flatMap(\.pooled).sorted { $0.key < $1.key }.map(\.value)
        channels = rows.first?.count ?? 0
        raw = Tensor(shape: [rows.count, channels], values: rows.flatMap { $0.map(Float.init) })
        var (mean, variance) = ([Float](repeating: 0, count: channels), [Float](repeating: 0, count: channels))
        ck_column_moments(raw.values, rows.count, Int32(channels), &mean, &variance)
        self.mean = mean
        deviation = variance.map { max(1e-6, $0.squareRoot()) }
    }

    var digest: UInt64 { ck_digest(raw.values, raw.values.count) }

    /// Every channel with mean 0 and deviation 1.
    var standardized: Tensor {
        var out = raw
        for index in out.values.indices {
            let channel = index % channels
            out.values[index] = (out.values[index] - mean[channel]) / deviation[channel]
        }
        return out
    }

    /// The layer on raw features that equals `parameters` on standardised ones.
    func unstandardized(_ parameters: [String: StoredTensor]) -> [String: StoredTensor] {
        guard let weight = parameters["fc.weight"], let bias = parameters["fc.bias"] else { return parameters }
        var (weights, biases) = (weight.floats(), bias.floats())
        for index in weights.indices {
            let channel = index % channels
            weights[index] /= deviation[channel]
            biases[index / channels] -= weights[index] * mean[channel]
        }
        return [
            "fc.weight": StoredTensor(floats: weights, shape: weight.shape),
            "fc.bias": StoredTensor(floats: biases, shape: bias.shape),
        ]
    }

    private struct Worker {
        let extractor: FeatureExtractor
        var pooled: [Int: [Double]] = [:]
    }
}
