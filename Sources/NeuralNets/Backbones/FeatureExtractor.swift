/// A level's output for one picture: `[height, width, channels]`, valid until the extractor's next run.
public struct FeatureMap {
    public let name: String
    public let height, width, channels: Int
    public let values: UnsafeBufferPointer<Float>
}

/// Runs a backbone on one picture at a time and gives the wanted levels. One per worker: it is not thread-safe.
public final class FeatureExtractor {
    public let inputHeight: Int
    public let inputWidth: Int
    private let plan: InferencePlan
    private let taps: [String]

    /// - Parameters:
    ///   - taps: names from `backbone.tapNames`.
    ///   - threads: how many cores a run is spread over (1 when workers run side by side).
    /// - Throws: `WeightError` for an unknown tap, `ThreadError`.
    public init(backbone: Backbone, inputHeight: Int, inputWidth: Int, taps: [String], threads: Int) throws {
        self.inputHeight = inputHeight
        self.inputWidth = inputWidth
        self.taps = taps
        let nodes = try taps.map { tap in
            guard let node = backbone.graph.node(named: tap) else {
                throw WeightError(
                    .mismatch,
                    "backbone \(backbone.name) has no level \(tap); it has \(backbone.tapNames.joined(separator: ", "))"
                )
            }
            return node
        }
        plan = try InferencePlan(
            graph: backbone.graph, height: inputHeight, width: inputWidth, outputs: nodes, threads: threads)
    }

    /// `[height, width, 3]`, normalised; fill it before every run (a run reuses its memory).
    public var input: UnsafeMutableBufferPointer<Float> { plan.input }

    public func run() { plan.run() }

    /// The last run's maps, in the order of `taps`.
    public var features: [FeatureMap] {
        zip(taps, plan.outputs).map {
            FeatureMap(name: $0, height: $1.height, width: $1.width, channels: $1.channels, values: $1.values)
        }
    }

    /// Bytes of feature maps that the plan holds, weights apart.
    public var bufferBytes: Int { plan.bufferBytes }
}
