import NeuralNets
import TestSupport
import Testing

/// The computed positions of the maps' cells, against the positions of the image's columns in the maps.
@Suite struct GridTests {
    /// Every weight positive and symmetric, norms that do nothing: a cell answers to pixels left and right of its
    /// centre alike.
    private struct EvenParameters: ParameterSource {
        let padding: PaddingStyle
        let batchNormEpsilon: Float = 0
        func contains(_ name: String) -> Bool { true }
        func tensor(_ name: String, shape: [Int]) throws -> [Float] {
            let count = shape.reduce(1, *)
            if shape.count == 1 {
                let isOne = name.hasSuffix("weight") || name.hasSuffix("running_var")
                return [Float](repeating: isOne ? 1 : 0, count: count)
            }
            return [Float](repeating: 1 / Float(count / shape[0]), count: count)
        }
    }

    /// Kernels that see their upper left corner only.
    private struct CornerParameters: ParameterSource {
        private let even = EvenParameters(padding: .symmetric)
        let padding = PaddingStyle.symmetric
        let batchNormEpsilon: Float = 0
        func contains(_ name: String) -> Bool { true }
        func tensor(_ name: String, shape: [Int]) throws -> [Float] {
            let values = try even.tensor(name, shape: shape)
            guard shape.count == 4, shape[3] == 3 else { return values }
            return values.enumerated().map { $0.offset % 9 == 0 ? $0.element : 0 }
        }
    }

    private func offsets(_ source: any ParameterSource, side: Int) throws -> [MapOffset] {
        let names = ["blocks.0.0", "blocks.1.1", "blocks.2.1"]
        let tensors = try BackboneFixture.tensors(.mobilenetV1, source: source)
        let file = WeightFile(tensors: Dictionary(uniqueKeysWithValues: tensors))
        let backbone = try Backbone(file: file, name: "drawn", architecture: .mobilenetV1)
        let registered = try backbone.registered(taps: names, height: side, width: side, threads: 2)
        return try names.map { try #require(registered.offsets[$0]) }
    }

    @Test(arguments: [224, 96])
    func weights_centred_in_their_windows_need_no_offset(_ side: Int) throws {
        for offset in try offsets(EvenParameters(padding: .symmetric), side: side) {
            #expect(abs(offset.rows) < 0.25 && abs(offset.columns) < 0.25, "\(offset)")
        }
    }

    @Test func weights_displaced_to_the_upper_left_are_detected() throws {
        // Every 3×3 kernel looks one of its own input's cells up and to the left: the stem 1 pixel, then 2; 2 and 4; 4
        // and 8.
        for (offset, expected) in zip(try offsets(CornerParameters(), side: 224), [-3.0, -9, -21]) {
            #expect(abs(offset.rows - expected) < 0.5 && abs(offset.columns - expected) < 0.5, "\(offset), \(expected)")
        }
    }

    @Test func offsets_are_kept_with_the_backbone() throws {
        let tensors = try BackboneFixture.tensors(.mobilenetV1, source: CornerParameters())
        let file = WeightFile(tensors: Dictionary(uniqueKeysWithValues: tensors))
        let backbone = try Backbone(file: file, name: "drawn", architecture: .mobilenetV1)
            .registered(taps: ["blocks.0.0", "blocks.1.1"], height: 64, width: 96, threads: 1)
        let again = try Backbone(
            file: WeightFile(tensors: file.tensors, metadata: backbone.metadata), name: "again",
            architecture: .mobilenetV1)
        #expect(again.offsets == backbone.offsets && again.offsets.count == 2)
        let damaged = ["map_offsets": "blocks.0.0 1"]
        #expect(throws: WeightError.self) {
            try Backbone(
                file: WeightFile(tensors: file.tensors, metadata: damaged), name: "damaged", architecture: .mobilenetV1)
        }
    }

    static let networks: [(BackboneArchitecture, [String], PaddingStyle)] = [
        (.mobilenetV1, ["blocks.0.0", "blocks.1.1", "blocks.2.1"], .symmetric),
        (.mobilenetV1, ["blocks.0.0", "blocks.1.1", "blocks.2.1"], .same),
        (.resnet18, ["layer1", "layer2"], .symmetric),
    ]

    @Test(arguments: networks)
    func a_cell_answers_to_the_pixels_around_its_centre(
        _ architecture: BackboneArchitecture, _ taps: [String], _ padding: PaddingStyle
    ) throws {
        let graph = try architecture.graph(EvenParameters(padding: padding)), (height, width) = (17, 224)
        let nodes = try taps.map { try #require(graph.node(named: $0)) }
        let plan = try InferencePlan(graph: graph, height: height, width: width, outputs: nodes, threads: 1)
        // The middle cell's answer to one bright column after another.
        var moment = [Double](repeating: 0, count: taps.count), total = moment
        for bright in 0..<width {
            for pixel in 0..<height * width {
                for channel in 0..<3 { plan.input[pixel * 3 + channel] = pixel % width == bright ? 1 : 0 }
            }
            plan.run()
            for (tap, map) in plan.outputs.enumerated() {
                let cell = map.rows.count / 2 * map.columns.count + map.columns.count / 2
                let answer = Double(map.values[cell * map.channels])
                total[tap] += answer
                moment[tap] += Double(bright) * answer
                #expect((8..<width - 8).contains(bright) || answer == 0, "the answer reaches the image's border")
            }
        }
        for (tap, map) in plan.outputs.enumerated() {
            let centre = map.columns.first + map.columns.step * Double(map.columns.count / 2)
            #expect(
                abs(moment[tap] / total[tap] - centre) < 0.01, "\(taps[tap]): \(moment[tap] / total[tap]), \(centre)")
        }
    }

    @Test func padding_and_strides_give_the_cells_their_positions() throws {
        func columns(_ padding: PaddingStyle, _ tap: String, width: Int) throws -> GridAxis {
            let graph = try BackboneArchitecture.mobilenetV1.graph(EvenParameters(padding: padding))
            return graph.grids(height: width, width: width)[try #require(graph.node(named: tap))].columns
        }
        // Padded on both sides, every stride keeps the first cell on the first pixel.
        #expect(try columns(.symmetric, "blocks.2.1", width: 224) == GridAxis(count: 28, first: 0, step: 8))
        // TensorFlow pads even sizes at the end only: 3×3 at 0, 1, 2 is centred on 1; then on 1 + 2, 3 + 4.
        #expect(try columns(.same, "blocks.2.1", width: 224) == GridAxis(count: 28, first: 7, step: 8))
        // and odd ones on both sides.
        #expect(try columns(.same, "blocks.2.1", width: 225) == GridAxis(count: 29, first: 0, step: 8))
    }

    @Test func cells_that_divide_an_image_are_centred_in_their_shares() {
        #expect(GridAxis.dividing(224, into: 28) == GridAxis(count: 28, first: 3.5, step: 8))
        #expect(GridAxis.dividing(7, into: 7) == GridAxis.pixels(7))
    }
}
