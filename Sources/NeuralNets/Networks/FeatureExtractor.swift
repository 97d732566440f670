/// A level's output for one image: `[height, width, channels]`, valid until the extractor's next run.
package struct FeatureMap {
    package let name: String
    /// The positions of its cells on the input image.
    package let rows, columns: GridAxis
    package let channels: Int
    package let values: UnsafeBufferPointer<Float>

    package var height: Int { rows.count }
    package var width: Int { columns.count }
}

/// Runs a backbone on one image at a time and gives the wanted levels. One per worker: it is not thread-safe.
package final class FeatureExtractor {
    package let inputHeight: Int
    package let inputWidth: Int
    /// `SharedExtractors` knows the extractor by the identity of the backbone's content, so that must live as long.
    private let backbone: Backbone
    private let plan: InferencePlan
    private let taps: [(name: String, offset: MapOffset)]

    /// - Parameters:
    ///   - taps: names from `backbone.tapNames`.
    ///   - threads: the number of cores per run (1 if workers run in parallel).
    /// - Throws: `WeightError` for an unknown tap, `ThreadError`.
    package init(backbone: Backbone, inputHeight: Int, inputWidth: Int, taps: [String], threads: Int) throws {
        self.inputHeight = inputHeight
        self.inputWidth = inputWidth
        self.backbone = backbone
        self.taps = taps.map { ($0, backbone.offsets[$0] ?? .none) }
        let nodes = try taps.map { try backbone.node(of: $0) }
        plan = try InferencePlan(
            graph: backbone.graph, height: inputHeight, width: inputWidth, outputs: nodes, threads: threads)
    }

    /// `[height, width, 3]`, normalised; fill it before every run (a run reuses its memory).
    package var input: UnsafeMutableBufferPointer<Float> { plan.input }

    package func run() { plan.run() }

    /// The last run's maps, in the order of `taps`.
    package var features: [FeatureMap] {
        zip(taps, plan.outputs).map { tap, map in
            FeatureMap(
                name: tap.name, rows: map.rows.moved(by: tap.offset.rows),
                columns: map.columns.moved(by: tap.offset.columns), channels: map.channels, values: map.values)
        }
    }

    /// Bytes of feature maps that the plan holds, weights apart.
    package var bufferBytes: Int { plan.bufferBytes }
}
