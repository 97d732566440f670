import CKernelReferences
import CKernels
import Foundation
import NeuralNets
import TensorCore
import TestSupport
import Testing

/// GRAD's network against its authors' code, and its fused plan against the network op by op.
@Suite struct GRADNetworkTests {
    @Test(arguments: GRADFixture.names)
    func the_network_agrees_with_the_authors(_ name: String) throws {
        let fixture = try GRADFixture(name)
        let graph = try fixture.graph()
        let node = try #require(graph.node(named: GRADNetwork.output))
        let normal = graph.forward(fixture.input, nodes: [node])[0]
        let want = try fixture.golden.tensor("eval.feature_rec").channelsLast()
        let worst = worstDifference(refined(fixture.input, normal).values, want.values)
        #expect(worst.difference <= 1e-4, "\(name): worst \(worst)")
    }

    /// Training may run these twice to keep less: the blocks, one by one.
    @Test(arguments: GRADFixture.names)
    func between_its_blocks_a_single_value_passes(_ name: String) throws {
        let fixture = try GRADFixture(name)
        let graph = try fixture.graph(), output = try #require(graph.node(named: GRADNetwork.output))
        let order = graph.nodesNeeded(for: [output]), stretches = graph.stretches(order)
        #expect(stretches.flatMap { $0 } == order)
        // The input, the two samples, the blocks, what recovers the channels; a residual block's last activation is
        // alone.
        switch fixture.network.fusion {
        case .bottlenecks(let blocks, _): #expect(stretches.count == 3 + blocks)
        case .residual(let blocks): #expect(stretches.count == 3 + 2 * blocks)
        }
        for (stretch, next) in zip(stretches, stretches.dropFirst()) {
            let within = Set(next)
            for id in next {
                for input in graph.nodes[id].inputs { #expect(within.contains(input) || input == stretch.last) }
            }
        }
    }

    @Test(arguments: GRADFixture.names)
    func the_map_agrees_with_the_authors(_ name: String) throws {
        let fixture = try GRADFixture(name)
        let graph = try fixture.graph()
        let node = try #require(graph.node(named: GRADNetwork.output))
        let want = try fixture.golden.tensor("eval.pred")
        let (positions, perFrame) = (
            fixture.network.height * fixture.network.width, fixture.input.values.count / fixture.input.shape[0]
        )
        let plan = try InferencePlan(
            graph: graph, height: fixture.network.height, width: fixture.network.width, outputs: [node], threads: 2)
        var distances = Tensor(zeros: [fixture.input.shape[0], fixture.network.height, fixture.network.width, 1])
        for frame in 0..<fixture.input.shape[0] {
            let features = Array(fixture.input.values[frame * perFrame..<(frame + 1) * perFrame])
            _ = plan.input.update(fromContentsOf: features)
            plan.run()
            var out = [Float](repeating: 0, count: positions), differences = features
            ck_refined_differences(
                features, plan.outputs[0].values.baseAddress, positions, Int32(fixture.network.channels), published,
                &differences, &out)
            distances.values.replaceSubrange(frame * positions..<(frame + 1) * positions, with: out)
        }
        var map = [Float](repeating: .nan, count: want.values.count)
        ck_bilinear(
            distances.values, Int32(distances.shape[0]), Int32(distances.shape[1]), Int32(distances.shape[2]), 1,
            Int32(want.shape[2]), Int32(want.shape[3]), 1, &map)
        let worst = worstDifference(map, want.values)
        #expect(worst.difference <= 1e-4, "\(name): worst \(worst)")
    }

    // From 48 channels and 8 × 8 positions on, 3×3 convolutions go by minimal filtering.
    static let oddNetworks: [GRADNetwork] = [
        GRADNetwork(channels: 13, height: 5, width: 9, fusion: .residual(blocks: 2)),
        GRADNetwork(channels: 25, height: 9, width: 14, fusion: .residual(blocks: 1)),
        GRADNetwork(channels: 36, height: 8, width: 11, fusion: .residual(blocks: 2)),
        GRADNetwork(channels: 19, height: 7, width: 4, fusion: .bottlenecks(blocks: 3, expansion: 21)),
        GRADNetwork(channels: 37, height: 11, width: 6, fusion: .bottlenecks(blocks: 1, expansion: 80)),
        GRADNetwork(channels: 3, height: 1, width: 3, fusion: .bottlenecks(blocks: 1, expansion: 3)),
    ]

    @Test(arguments: oddNetworks)
    func the_fused_plan_agrees_with_the_network_op_by_op(_ network: GRADNetwork) throws {
        let graph = try network.graph(FormulaWeights())
        let node = try #require(graph.node(named: GRADNetwork.output))
        let features = try FormulaWeights().tensor(
            "features", shape: [network.height * network.width, network.channels]
        ).map { $0 * 3 }
        let input = Tensor(shape: [1, network.height, network.width, network.channels], values: features)
        let want = graph.forward(input, nodes: [node])[0]
        for threads in [1, 3] {
            let plan = try InferencePlan(
                graph: graph, height: network.height, width: network.width, outputs: [node], threads: threads)
            for _ in 0..<2 {
                _ = plan.input.update(fromContentsOf: features)
                plan.run()
            }
            let worst = worstDifference(Array(plan.outputs[0].values), want.values)
            #expect(worst.difference <= 1e-4, "\(network) on \(threads): worst \(worst)")
        }
    }

    @Test func a_frame_gets_the_same_from_the_plan_alone_as_in_a_batch() throws {
        let network = Self.oddNetworks[3]
        let graph = try network.graph(FormulaWeights())
        let node = try #require(graph.node(named: GRADNetwork.output))
        let shape = [3, network.height, network.width, network.channels]
        let batch = Tensor(shape: Shape(shape), values: try FormulaWeights().tensor("batch", shape: shape))
        let all = graph.forward(batch, nodes: [node])[0]
        let count = batch.values.count / 3
        let last = Tensor(shape: Shape([1] + shape.dropFirst()), values: Array(batch.values[(2 * count)...]))
        let alone = graph.forward(last, nodes: [node])[0]
        #expect(worstDifference(alone.values, Array(all.values[(2 * count)...])).difference <= 1e-6)
    }

    @Test func a_missing_parameter_names_itself() throws {
        let fixture = try GRADFixture("crad_small")
        var tensors = try fixture.tensors("weights.")
        let name = try #require(tensors.keys.filter { $0.hasSuffix("running_var") }.max())
        tensors[name] = nil
        #expect {
            try fixture.network.graph(StoredParameters(tensors, file: "model"))
        } throws: {
            "\($0)".contains(name)
        }
    }

    /// Odd numbers of channels and positions; x̂ written out elsewhere.
    @Test func differences_and_distances_are_those_of_the_refined_features() {
        let (positions, c) = (11, 21)
        let x = (0..<positions * c).map { sin(Float($0) * 1.7) * 2 }
        // Near at first, so far in the end that the clamp is reached.
        let f = x.indices.map { x[$0] + cos(Float($0) * 0.9) * Float(1 + $0 / c) * 0.9 }
        let shape = Shape([1, 1, positions, c])
        let want = zip(refined(Tensor(shape: shape, values: x), Tensor(shape: shape, values: f)).values, x).map {
            $0 - $1
        }
        var differences = [Float](repeating: .nan, count: x.count),
            distances = [Float](repeating: .nan, count: positions)
        ck_refined_differences(x, f, positions, Int32(c), published, &differences, &distances)
        #expect(worstDifference(differences, want).difference <= 1e-5)
        let lengths = (0..<positions).map { position in
            want[position * c..<(position + 1) * c].reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        #expect(worstDifference(distances, lengths).difference <= 1e-5)
    }

    @Test(arguments: [(1, 1, 3, 0, 2), (5, 7, 17, 1, 2), (4, 9, 33, 2, 0), (6, 3, 16, 9, 9)])
    func wide_lengths_agree_with_plain_sums(h: Int, w: Int, c: Int, reachY: Int, reachX: Int) {
        let values = (0..<h * w * c).map { sin(Float($0) * 0.7) + 0.2 }
        let weights = (0..<h * w).map { 0.5 + 0.5 * cos(Float($0)) }
        var want: [Float] = []
        for y in 0..<h {
            for x in 0..<w {
                var sum = [Double](repeating: 0, count: c), cells = 0.0
                for v in max(0, y - reachY)...min(h - 1, y + reachY) {
                    for u in max(0, x - reachX)...min(w - 1, x + reachX) {
                        cells += 1
                        for i in 0..<c { sum[i] += Double(weights[v * w + u]) * Double(values[(v * w + u) * c + i]) }
                    }
                }
                want.append(Float(sum.reduce(0) { $0 + $1 * $1 }.squareRoot() / cells))
            }
        }
        var scratch = [Float](repeating: .nan, count: (h + 1) * w * c), got = [Float](repeating: .nan, count: h * w)
        ck_wide_lengths(
            values, weights, Int32(h), Int32(w), Int32(c), Int32(reachY), Int32(reachX), &scratch, &got)
        #expect(worstDifference(got, want).difference <= 1e-5)
    }

    @Test func the_losses_gradient_agrees_with_finite_differences() {
        let (positions, c) = (11, 21)
        var x: [Float] = [], f: [Float] = []
        for i in 0..<positions * c {
            x.append(sin(Float(i) * 1.7) * 2)
            // Some positions near their features, some so far that the clamp is reached.
            f.append(x[i] + cos(Float(i) * 0.9) * Float(1 + i / c) * 0.9)
        }
        var gradient = [Float](repeating: 0, count: f.count)
        _ = ck_refined_squares(x, f, positions, Int32(c), published, 0.5, &gradient)
        var worst: Float = 0
        for i in f.indices {
            let range = i / c * c..<i / c * c + c, step = 1e-4
            func squares(_ moved: Double) -> Double {
                var one = f[range].map(Double.init)
                one[i % c] += moved
                return Self.squares(x[range].map(Double.init), one)
            }
            let want = Float((squares(step) - squares(-step)) / (2 * step)) * 0.5
            worst = max(worst, abs(gradient[i] - want) / max(1, abs(want)))
        }
        #expect(worst <= 1e-3, "worst \(worst)")
    }

    /// Σ (x̂ − x)² at one position, written out in double precision.
    private static func squares(_ x: [Double], _ f: [Double]) -> Double {
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        let difference = zip(f, x).map { $0 - $1 }
        let far = min(max(0.05 * dot(difference, difference) / Double(x.count), 0), 1)
        let share = 0.3 * (1 - far.rounded(.toNearestOrEven)) + 0.7 * dot(f, x) / (dot(f, f) * dot(x, x)).squareRoot()
        return zip(f, x).reduce(0) { sum, pair in
            let refined = share * pair.1 + (1 - share) * pair.0
            return sum + (refined - pair.1) * (refined - pair.1)
        }
    }

    private let published = ck_refinement(slope: 0.05, level: 0.3, angle: 0.7)

    private func refined(_ x: Tensor, _ f: Tensor) -> Tensor {
        var out = Tensor(zeros: x.shape)
        let channels = x.shape[3]
        ck_refine_reference(x.values, f.values, x.values.count / channels, Int32(channels), published, &out.values)
        return out
    }
}
