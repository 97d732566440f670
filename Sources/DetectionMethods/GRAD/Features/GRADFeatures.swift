import CKernels
import DetectionCore
import Foundation
import Imaging
import NeuralNets
import TensorCore

/// The features of the training images' variants, computed once: in two passes if they are projected first.
struct GRADFeatures {
    /// Features by variant.
    let cache: FeatureCache
    let variants: ImageVariants
    /// The positions' centres in the input.
    let rows, columns: GridAxis
    let channels: Int
    let projection: FeatureProjection?
    /// A digest of every bit of every feature.
    let digest: UInt64

    var height: Int { rows.count }
    var width: Int { columns.count }

    /// - Throws: `FrameSource.Unreadable`, `WeightError`, `FeatureCache.Failure`, `LinearAlgebra.Failure`.
    init(
        _ frames: FrameSource, backbone: Backbone, taps: [String], options: GRADOptions, work: FittingWork
    ) throws {
        @Sendable func aligned(_ projection: FeatureProjection?) throws -> AlignedFeatures {
            try AlignedFeatures(
                backbone: backbone, inputWidth: options.inputWidth, inputHeight: options.inputHeight, taps: taps,
                projection: projection, threads: 1)
        }
        let variants = ImageVariants(pictures: frames.count, each: options.variants, seed: options.seed)
        let probe = try aligned(nil)
        let projection =
            probe.channels > GRADOptions.widestUnprojected || options.whitening > 0
            ? try Self.projection(frames, variants, whitening: options.whitening, work: work) { try aligned(nil) } : nil
        (rows, columns) = (probe.rows, probe.columns)
        channels = projection?.outputs ?? probe.channels
        let stepBytes = Self.stepBytes(options, channels: channels, positions: probe.height * probe.width, work)
        let cache = try FeatureCache(
            frames: variants.count, floatsPerFrame: probe.height * probe.width * channels,
            budget: max(0, options.memoryBudget - stepBytes))
        let workers = try ParallelFrames.run(
            count: frames.count, workers: work.workers, phase: "features", progress: work.progress,
            makeWorker: { _ in Worker(features: try aligned(projection)) },
            body: { worker, index in
                try worker.extract(frames, index, variants) { variant in
                    try cache.store(worker.values, frame: variant)
                    worker.digests[variant] = ck_digest(worker.values, worker.features.count)
                }
            })
        (self.cache, self.variants, self.projection) = (cache, variants, projection)
        let digests = workers.flatMap { $0.digests }.sorted { $0.key < $1.key }.map(\.value)
        digest = digests.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01b3 }
    }

    /// The memory of a step; reports an unusual amount.
    private static func stepBytes(_ options: GRADOptions, channels: Int, positions: Int, _ work: FittingWork) -> Int {
        let whole = options.stepBytes(channels: channels, positions: positions)
        let recomputes = options.recomputes(channels: channels, positions: positions)
        let bytes = options.stepBytes(channels: channels, positions: positions, recomputes: recomputes)
        func size(_ bytes: Int) -> String { String(format: "%.2f GiB", Double(bytes) / Double(1 << 30)) }
        if bytes > options.memoryBudget {
            work.remark?(
                "training exceeds the memory budget of \(size(options.memoryBudget)): a step alone needs about "
                    + "\(size(bytes)); a smaller input needs less")
        } else if recomputes {
            work.remark?(
                "a training step that keeps all values needs \(size(whole)), more than the memory budget: it keeps "
                    + "\(size(bytes)) and takes about a third longer")
        }
        return bytes
    }

    /// The leading components of all features at all positions.
    private static func projection(
        _ frames: FrameSource, _ variants: ImageVariants, whitening: Double, work: FittingWork,
        aligned: @Sendable () throws -> AlignedFeatures
    ) throws -> FeatureProjection {
        let workers = try ParallelFrames.run(
            count: frames.count, workers: work.workers, phase: "principal components", progress: work.progress,
            makeWorker: { _ -> Worker in
                let worker = Worker(features: try aligned())
                worker.moments = FeatureMoments(channels: worker.features.channels)
                return worker
            },
            body: { (worker: inout Worker, index: Int) in
                try worker.extract(frames, index, variants) { _ in
                    worker.values.withUnsafeBufferPointer {
                        worker.moments?.add(UnsafeBufferPointer(rebasing: $0[..<worker.features.count]))
                    }
                }
            })
        let (mean, covariance) = FeatureMoments.total(workers.compactMap(\.moments))
        let components = mean.count > GRADOptions.widestUnprojected ? GRADOptions.projectedChannels : mean.count
        return try FeatureProjection(
            mean: mean, covariance: covariance, pictures: frames.count, components: components, whitening: whitening)
    }

    /// One thread's extractor and its moments.
    private final class Worker {
        let features: AlignedFeatures
        var values: [Float]
        var moments: FeatureMoments?
        var digests: [Int: UInt64] = [:]

        init(features: AlignedFeatures) {
            self.features = features
            values = [Float](repeating: 0, count: features.count + Int(CK_SLACK))
        }

        /// All variants of an image, one after another; `body` gets the variant's number with its `values`.
        func extract(
            _ frames: FrameSource, _ picture: Int, _ variants: ImageVariants, body: (_ variant: Int) throws -> Void
        ) throws {
            let frame = try frames.frame(picture)
            for variant in variants.all(of: [picture]) {
                features.load(
                    frame,
                    changed: variants.change(of: variant, height: features.inputHeight, width: features.inputWidth))
                features.runBackbone()
                values.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { features.gather(into: base) } }
                try body(variant)
            }
        }
    }
}
