import CKernels
import Imaging
import NeuralNets
import TensorCore

/// Images at a network's input size, in memory for all epochs of a training.
package struct ResizedImages: Sendable {
    package let frames: [Frame]
    package let width, height: Int
    package var normalization: Normalization

    /// - Throws: `FrameSource.Unreadable`.
    package init(
        _ source: FrameSource, width: Int, height: Int, normalization: Normalization, work: FittingWork
    ) throws {
        let parts = try ParallelFrames.run(
            count: source.count, workers: work.workers, phase: "images", progress: work.progress,
            makeWorker: { _ in [Int: Frame]() },
            body: { resized, index in
                resized[index] = try source.frame(index).resized(width: width, height: height)
            })
        frames = parts.flatMap { $0 }.sorted { $0.key < $1.key }.map(\.value)
        (self.width, self.height, self.normalization) = (width, height, normalization)
    }

    package var count: Int { frames.count }

    /// A digest of every bit of every image.
    package var digest: UInt64 {
        var floats = [Float](repeating: 0, count: width * height * 3)
        return frames.indices.reduce(0xcbf2_9ce4_8422_2325) { digest, index in
            floats.withUnsafeMutableBufferPointer { fill($0, index) }
            return (digest ^ ck_digest(floats, floats.count)) &* 0x100_0000_01b3
        }
    }

    /// `[indices.count, height, width, 3]`, normalised.
    package func input(_ indices: some Collection<Int>) -> Tensor {
        let count = width * height * 3
        return Tensor(shape: [indices.count, height, width, 3]) { out in
            for (place, index) in indices.enumerated() {
                fill(UnsafeMutableBufferPointer(start: out + place * count, count: count), index)
            }
        }
    }

    private func fill(_ out: UnsafeMutableBufferPointer<Float>, _ index: Int) {
        frames[index].fillNetworkInput(
            out, width: width, height: height, mean: normalization.mean, std: normalization.std)
    }
}
