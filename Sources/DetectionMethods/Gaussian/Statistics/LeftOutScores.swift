import CKernels
import DetectionCore
import Imaging
import NeuralNets
import TensorCore

/// The distances of the images that a model was fitted on under Gaussians without them.
struct LeftOutScores {
    /// Without scales.
    let model: GaussianModel
    /// Of each pooled level; nil for Gaussians that were not estimated on these images.
    let levels: [LeftOut]?
    /// Of the map's positions; nil for Gaussians of all positions together, in which one image hardly counts.
    let positions: LeftOut?

    /// One image's distances.
    struct Distances: Sendable {
        var pooled: Double
        /// The largest of each extent.
        var local: [Double]
    }

    /// One image's distances without it alone, and without all images of its part.
    struct Pair: Sendable {
        var image, part: Distances
        /// The maximum of the smoothed map without its part.
        var mapMaximum: Double
    }

    /// - Parameter parts: indices of images of the same part together.
    /// - Returns: the distances, in the images' order.
    /// - Throws: `FrameSource.Unreadable`, `ModelError`, `WeightError`.
    func distances(
        _ frames: FrameSource, parts: [[Int]], workers: Int, progress: WorkProgress?
    ) throws -> [Pair] {
        let found = try ParallelFrames.run(
            count: parts.count, workers: workers, phase: "left-out scores", progress: progress,
            makeWorker: { _ in Worker(reader: try GaussianReader(model: model, threads: 1)) },
            body: { worker, part in
                for (index, pair) in zip(parts[part], try measure(frames, parts[part], worker.reader)) {
                    worker.pairs[index] = pair
                }
            })
        return found.flatMap(\.pairs).sorted { $0.key < $1.key }.map(\.value)
    }

    private struct Worker {
        let reader: GaussianReader
        var pairs: [Int: Pair] = [:]
    }

    private func measure(_ frames: FrameSource, _ part: [Int], _ reader: GaussianReader) throws -> [Pair] {
        let mapper = positions == nil ? nil : reader.mapper as? PositionMapper
        var pooled: [[[Double]]] = [], whitened: [(views: [[Float]], cells: [Float])] = []
        var local: [Local] = []
        for index in part {
            reader.load(try frames.frame(index))
            reader.run()
            pooled.append(reader.pooledFeatures())
            guard let mapper else {
                let (map, largest) = reader.map()
                local.append((largest, largest, Double(map.smoothed(sigma: model.smoothing).maximum)))
                continue
            }
            whitened.append(mapper.whitened(reader.features))
        }
        if let mapper, let positions { local = try leftOut(positions, whitened, mapper) }
        let sums = try leftOut(pooled)
        return part.indices.map { place in
            Pair(
                image: Distances(pooled: sums[place].image, local: local[place].image),
                part: Distances(pooled: sums[place].part, local: local[place].part),
                mapMaximum: local[place].mapMaximum)
        }
    }

    /// One image's largest distances of each extent, without it alone and without its part, and its map's maximum.
    private typealias Local = (image: [Double], part: [Double], mapMaximum: Double)

    private func leftOut(
        _ rule: LeftOut, _ images: [(views: [[Float]], cells: [Float])], _ mapper: PositionMapper
    ) throws -> [Local] {
        var alone = [[[Float]]](repeating: [], count: images.count), together = alone
        for (index, view) in mapper.views.enumerated() {
            let found = try leftOut(rule, images.flatMap { $0.views[index] }, count: images.count, view)
            for place in images.indices {
                alone[place].append(found.alone[place])
                together[place].append(found.together[place])
            }
        }
        return images.indices.map { place in
            let map = mapper.map(
                together[place], cells: images[place].cells, width: model.inputWidth, height: model.inputHeight)
            return (
                mapper.largest(alone[place]), mapper.largest(together[place]),
                Double(map.smoothed(sigma: model.smoothing).maximum)
            )
        }
    }

    /// Each image's distances in one view, without it alone and without all images.
    private func leftOut(
        _ rule: LeftOut, _ whitened: [Float], count: Int, _ view: PositionGaussians.View
    ) throws -> (alone: [[Float]], together: [[Float]]) {
        let square = count * count
        var grams = [Double](repeating: 0, count: view.positions * square)
        ck_position_grams(whitened, Int32(count), Int32(view.positions), Int32(view.channels), &grams)
        var alone = [[Float]](repeating: [Float](repeating: 0, count: view.positions), count: count)
        var together = alone
        for position in 0..<view.positions {
            let gram = Array(grams[position * square..<(position + 1) * square])
            for (place, distance) in try rule.distances(gram: gram, count: count).enumerated() {
                together[place][position] = Float(distance)
                alone[place][position] = Float(rule.distance(max(0, gram[place * count + place]).squareRoot()))
            }
        }
        return (alone, together)
    }

    /// Each image's summed distances of the pooled levels.
    /// - Parameter pooled: by image and level.
    private func leftOut(_ pooled: [[[Double]]]) throws -> [(image: Double, part: Double)] {
        guard let levels else {
            return pooled.map { image in
                let sum = zip(model.levels, image).reduce(0) { $0 + $1.0.distance($1.1) }
                return (sum, sum)
            }
        }
        var sums = [(image: Double, part: Double)](repeating: (0, 0), count: pooled.count)
        for (index, level) in model.levels.enumerated() {
            let rows = pooled.flatMap { zip($0[index], level.mean).map { $0 - $1 } }, count = pooled.count
            let whitened = LinearAlgebra.product(
                rows, level.whitening, rows: count, depth: level.mean.count, columns: level.rank)
            let gram = (0..<count * count).map { pair in
                (0..<level.rank).reduce(0.0) {
                    $0 + whitened[pair / count * level.rank + $1] * whitened[pair % count * level.rank + $1]
                }
            }
            for (place, distance) in try levels[index].distances(gram: gram, count: count).enumerated() {
                sums[place].part += distance
                sums[place].image += levels[index].distance(max(0, gram[place * count + place]).squareRoot())
            }
        }
        return sums
    }
}
