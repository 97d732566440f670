import COpenBLAS
import DetectionCore
import NeuralNets
import SeededRandom
import TensorCore

extension PatchCoreOptions: FittableMethod {
    package var leavingOut: LeavingOut { .byRefitting(folds: 5) }

    package func fit(_ frames: FrameSource, backbone: Backbone, work: FittingWork) throws -> FittedDetector {
        let taps = taps ?? backbone.defaultTaps
        let (candidates, channels) = try PatchCoreTrainer.candidates(frames, backbone, taps, self, work)
        let chosen = PatchCoreTrainer.coreSet(candidates, channels: channels, count: memory)
        return FittedDetector(
            model: PatchCoreModel(
                backbone: backbone, inputWidth: inputWidth, inputHeight: inputHeight, taps: taps,
                memory: chosen.flatMap { candidates[$0 * channels..<($0 + 1) * channels] }, channels: channels))
    }
}

/// Chooses the patches that a `PatchCoreModel` remembers.
package enum PatchCoreTrainer {
    /// Patches at random positions of every image, `[patches, channels]`.
    /// - Throws: `FrameSource.Unreadable`, `WeightError`, `ModelError`.
    static func candidates(
        _ frames: FrameSource, _ backbone: Backbone, _ taps: [String], _ options: PatchCoreOptions, _ work: FittingWork
    ) throws -> (values: [Float], channels: Int) {
        struct Worker {
            let features: AlignedFeatures
            var map: [Float]
            var patches: [Int: [Float]] = [:]
        }
        let each = max(1, options.candidates / frames.count)
        let workers = try ParallelFrames.run(
            count: frames.count, workers: work.workers, phase: "features", progress: work.progress,
            makeWorker: { _ in
                let features = try AlignedFeatures(
                    backbone: backbone, inputWidth: options.inputWidth, inputHeight: options.inputHeight, taps: taps,
                    projection: nil, threads: 1)
                return Worker(features: features, map: [Float](repeating: 0, count: features.count))
            },
            body: { worker, index in
                worker.features.load(try frames.frame(index))
                worker.features.runBackbone()
                worker.features.gather(into: &worker.map)
                let positions = worker.features.height * worker.features.width, channels = worker.features.channels
                var generator = SplitMix64(seed: options.seed &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(index))
                let drawn = Array(0..<positions).shuffled(using: &generator).prefix(each).sorted()
                worker.patches[index] = drawn.flatMap { worker.map[$0 * channels..<($0 + 1) * channels] }
            })
        let patches = workers.flatMap(\.patches).sorted { $0.key < $1.key }.flatMap(\.value)
        return (patches, workers[0].features.channels)
    }

    /// Greedy choice (Sener & Savarese, ICLR 2018): always the patch that is farthest from those chosen so far.
    /// - Parameter values: `[patches, channels]`
    /// - Returns: indices in the order of choice; fewer than `count` if all others equal a chosen one.
    package static func coreSet(_ values: [Float], channels: Int, count: Int) -> [Int] {
        LinearAlgebra.keepToOneThread()
        let patches = values.count / channels
        let squares = PatchCoreModel.squares(values, channels: channels)
        var nearest = [Float](repeating: .infinity, count: patches)
        var products = [Float](repeating: 0, count: patches)
        var chosen: [Int] = []
        var next = 0
        while chosen.count < min(count, patches) {
            chosen.append(next)
            values.withUnsafeBufferPointer { values in
                guard let base = values.baseAddress else { return }
                cblas_sgemv(
                    CblasRowMajor, CblasNoTrans, Int32(patches), Int32(channels), 1, base, Int32(channels),
                    base + next * channels, 1, 0, &products, 1)
            }
            let own = squares[next]
            for patch in 0..<patches {
                nearest[patch] = min(nearest[patch], max(0, squares[patch] + own - 2 * products[patch]))
            }
            nearest[next] = 0
            guard let farthest = nearest.indices.max(by: { nearest[$0] < nearest[$1] }), nearest[farthest] > 0 else {
                break
            }
            next = farthest
        }
        return chosen
    }
}
