import Imaging
import NeuralNets

/// Image scores without a map: the levels' summed distances, for networks that are still being trained.
enum LevelScores {
    /// - Parameter frame: any size; resized to the network's input.
    /// - Throws: `WeightError`, and what `frame` throws.
    static func of(
        count: Int, frame: @Sendable (Int) throws -> Frame, width: Int, height: Int, backbone: Backbone,
        levels: [GaussianModel.Level], workers: Int
    ) throws -> [Double] {
        let parts = try ParallelFrames.run(
            count: count, workers: workers, phase: "scores", progress: nil,
            makeWorker: { _ in
                Worker(
                    extractor: try FeatureExtractor(
                        backbone: backbone, inputHeight: height, inputWidth: width, taps: levels.map(\.name),
                        threads: 1))
            },
            body: { worker, index in
                worker.extractor.load(try frame(index), backbone.normalization)
                worker.extractor.run()
                worker.scores[index] = zip(levels, worker.extractor.features).reduce(0) { sum, pair in
                    sum + pair.0.distance(pair.1.pooled())
                }
            })
        return parts.flatMap(\.scores).sorted { $0.key < $1.key }.map(\.value)
    }

    private struct Worker {
        let extractor: FeatureExtractor
        var scores: [Int: Double] = [:]
    }
}

extension Evaluator {
    /// The image AUROC of a network and its levels' Gaussians on a data set's test pictures.
    /// - Throws: `FrameSource.Unreadable`, `WeightError`.
    public static func imageAUROC(
        _ backbone: Backbone, _ levels: [GaussianModel.Level], on dataset: Dataset, options: GaussianOptions,
        workers: Int
    ) throws -> Double {
        let frames = FrameSource(paths: dataset.test.map(\.path))
        let scores = try LevelScores.of(
            count: frames.count, frame: { try frames.frame($0) }, width: options.inputWidth,
            height: options.inputHeight, backbone: backbone, levels: levels, workers: workers)
        return Metrics.Curve(scores: scores, isAnomalous: dataset.test.map(\.isAnomalous)).auroc
    }
}
