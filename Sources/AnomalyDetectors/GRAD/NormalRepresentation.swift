import CKernels
import NeuralNets
import TensorCore

/// GRAD's network as inference runs it, on one picture's features at a time, and how far they are from what it makes of them.
final class NormalRepresentation {
    private let plan: InferencePlan
    private let positions, channels: Int
    /// The picture's features, `[height, width, channels]`; whoever asks for a distance fills them. The plan uses its input's
    /// memory again, and the distance needs them afterwards.
    let features: UnsafeMutableBufferPointer<Float>

    /// - Throws: `WeightError` for a graph that does not fit the map's size.
    init(graph: NetworkGraph, height: Int, width: Int, channels: Int, threads: Int) throws {
        guard let output = graph.node(named: GRADNetwork.output) else {
            preconditionFailure("GRAD's network names its output")
        }
        plan = try InferencePlan(graph: graph, height: height, width: width, outputs: [output], threads: threads)
        (positions, self.channels) = (height * width, channels)
        features = .allocate(capacity: positions * channels + Int(CK_SLACK))
        features.initialize(repeating: 0)
    }

    deinit { features.deallocate() }

    /// Each position's distance ‖x̂ − x‖, `[height, width]`.
    func distances(into out: UnsafeMutableBufferPointer<Float>) {
        precondition(out.count >= positions)
        run()
        ck_refined_distances(
            features.baseAddress, plan.outputs[0].values.baseAddress, positions, Int32(channels), GRADModel.refinement,
            out.baseAddress)
    }

    /// Σ (x̂ − x)² over everything: the training's loss times the number of values.
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
