import CKernels
import NeuralNets
import TensorCore

/// The differences of an image's features x from the normal ones x̂.
package struct FeatureDifferences: Sendable {
    /// ‖x̂ − x‖ at each position, `[rows, columns]`.
    package var distances: [Float]
    /// x̂ − x, `[rows, columns, channels]`.
    package var vectors: [Float]

    package init(distances: [Float] = [], vectors: [Float] = []) {
        (self.distances, self.vectors) = (distances, vectors)
    }
}

extension [Float] {
    fileprivate mutating func resize(_ count: Int) {
        if self.count != count { self = [Float](repeating: 0, count: count) }
    }
}

/// GRAD's network in inference, on one image's features at a time, and the features' distance from its output.
final class NormalRepresentation {
    private let plan: InferencePlan
    private let positions, channels: Int
    /// The image's features, `[height, width, channels]`, filled by the caller before a distance. A copy, because the
    /// plan reuses its input's memory.
    let features: UnsafeMutableBufferPointer<Float>

    /// - Throws: `WeightError` for a graph that does not fit the map's size.
    init(graph: NetworkGraph, height: Int, width: Int, channels: Int, threads: Int) throws {
        guard let output = graph.node(named: GRADNetwork.output) else {
            preconditionFailure("GRAD's network has no output")
        }
        plan = try InferencePlan(graph: graph, height: height, width: width, outputs: [output], threads: threads)
        (positions, self.channels) = (height * width, channels)
        features = .allocate(capacity: positions * channels + Int(CK_SLACK))
        features.initialize(repeating: 0)
    }

    deinit { features.deallocate() }

    /// The features' differences from the network's output.
    func differences(into out: inout FeatureDifferences) {
        run()
        out.vectors.resize(positions * channels)
        out.distances.resize(positions)
        ck_refined_differences(
            features.baseAddress, plan.outputs[0].values.baseAddress, positions, Int32(channels), GRADModel.refinement,
            &out.vectors, &out.distances)
    }

    /// Σ (x̂ − x)² over all values: the training's loss times their number.
    func squares() -> Double {
        run()
        return ck_refined_squares(
            features.baseAddress, plan.outputs[0].values.baseAddress, positions, Int32(channels), GRADModel.refinement,
            1, nil)
    }

    private func run() {
        plan.input.baseAddress?.update(from: features.baseAddress!, count: positions * channels)
        plan.run()
    }
}
