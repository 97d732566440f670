import DetectionCore
import Imaging
import NeuralNets

/// Image scores without a map: the levels' summed distances, for networks that are still being trained.
enum LevelScores {
    /// - Parameters:
    ///   - frame: any size; resized to the network's input.
    ///   - gaussians: sets of the same levels' Gaussians, each scored with.
    /// - Returns: for each set the scores, in the frames' order.
    /// - Throws: `WeightError`, and errors of `frame`.
    static func of(
        count: Int, frame: @Sendable (Int) throws -> Frame, width: Int, height: Int, backbone: Backbone,
        gaussians: [[GaussianModel.Level]], workers: Int
    ) throws -> [[Double]] {
        let names = gaussians[0].map(\.name)
        let parts = try ParallelFrames.run(
            count: count, workers: workers, phase: "scores", progress: nil,
            makeWorker: { _ in
                Worker(
                    extractor: try FeatureExtractor(
                        backbone: backbone, inputHeight: height, inputWidth: width, taps: names, threads: 1))
            },
            body: { worker, index in
                worker.extractor.load(try frame(index), backbone.normalization)
                worker.extractor.run()
                let pooled = worker.extractor.features.map { $0.pooled() }
                worker.scores[index] = gaussians.map { levels in
                    zip(levels, pooled).reduce(0) { $0 + $1.0.distance($1.1) }
                }
            })
        let scores = parts.flatMap(\.scores).sorted { $0.key < $1.key }.map(\.value)
        return gaussians.indices.map { set in scores.map { $0[set] } }
    }

    private struct Worker {
        let extractor: FeatureExtractor
        var scores: [Int: [Double]] = [:]
    }
}
