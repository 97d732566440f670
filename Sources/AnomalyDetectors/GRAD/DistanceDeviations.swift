import NeuralNets
import TensorCore

/// How much the distance at each position varies among flawless pictures.
///
/// Some positions are represented worse than others (edges, textured zones), and the plain distance finds fault with them in
/// every picture. Divided by its own standard deviation, a distance means the same everywhere.
public struct DistanceDeviations: Sendable {
    /// Standard deviations, `[height, width]`, all above zero.
    public let values: [Float]

    /// Weight of the common variance, in pictures: few pictures tell little of a single position.
    public static let pooledPictures = 10.0

    /// - Parameters:
    ///   - sums: of the distances at each position, over so many pictures.
    ///   - squares: of their squares.
    /// - Returns: nil when the distances do not vary at all (one picture, or the same one again and again).
    public init?(sums: [Double], squares: [Double], pictures: Int) {
        let n = Double(pictures)
        let variances = zip(sums, squares).map { max(0, $1 / n - ($0 / n) * ($0 / n)) }
        let pooled = variances.reduce(0, +) / Double(max(1, variances.count))
        guard pooled > 0, pooled.isFinite else { return nil }
        values = variances.map {
            Float(((n * $0 + Self.pooledPictures * pooled) / (n + Self.pooledPictures)).squareRoot())
        }
    }

    init(stored: [Float]) { values = stored }

    /// Measures them over all cached pictures, with the network as inference runs it.
    ///
    /// - Throws: `FeatureCache.Failure`, `WeightError`.
    static func measure(_ features: GRADFeatures, graph: NetworkGraph, work: FittingWork) throws -> Self? {
        let pictures = features.cache.frames
        let workers = try ParallelFrames.run(
            count: pictures, workers: work.workers, phase: "deviations", progress: work.progress,
            makeWorker: { _ in try Worker(features, graph) },
            body: { worker, index in try worker.add(index) })
        var (sums, squares) = (workers[0].sums, workers[0].squares)
        for worker in workers.dropFirst() {
            for position in sums.indices {
                sums[position] += worker.sums[position]
                squares[position] += worker.squares[position]
            }
        }
        return Self(sums: sums, squares: squares, pictures: pictures)
    }

    /// One thread's network and sums.
    private final class Worker {
        private let features: GRADFeatures
        private let representation: NormalRepresentation
        private var distances: [Float]
        private(set) var sums, squares: [Double]

        init(_ features: GRADFeatures, _ graph: NetworkGraph) throws {
            self.features = features
            representation = try NormalRepresentation(
                graph: graph, height: features.height, width: features.width, channels: features.channels, threads: 1)
            distances = [Float](repeating: 0, count: features.height * features.width)
            (sums, squares) = (distances.map(Double.init), distances.map(Double.init))
        }

        func add(_ index: Int) throws {
            try features.cache.load(index, into: representation.features.baseAddress!)
            distances.withUnsafeMutableBufferPointer { representation.distances(into: $0) }
            for (position, distance) in distances.enumerated() {
                sums[position] += Double(distance)
                squares[position] += Double(distance) * Double(distance)
            }
        }
    }
}
