/// Milliseconds spent in each stage of a frame's life.
package struct StageTimings: Codable, Sendable, Equatable {
    /// From the frame being seen to being claimed, and until its turn to be computed comes.
    package var queue = 0.0
    package var decode = 0.0
    /// The time of the line's gate as a whole; absent for a line without one, and for a frame that did not pass it (the
    /// other stages are then the gate's own).
    package var gate: Double?
    package var preprocess = 0.0
    package var backbone = 0.0
    package var detect = 0.0
    package var write = 0.0

    package init() {}

    /// The stages in a frame's order, as `result.json`, the ledger and `inspectctl status` name them.
    package enum Stage: String, CodingKey, CaseIterable, Sendable {
        case queue, decode, gate, preprocess, backbone, detect, write
    }

    package typealias CodingKeys = Stage

    /// Nil for a stage that the frame did not go through.
    package subscript(stage: Stage) -> Double? {
        switch stage {
        case .queue: queue
        case .decode: decode
        case .gate: gate
        case .preprocess: preprocess
        case .backbone: backbone
        case .detect: detect
        case .write: write
        }
    }

    /// From decoding to results in place: all stages but the queue.
    package var total: Double {
        Stage.allCases.reduce(0) { $1 == .queue ? $0 : $0 + (self[$1] ?? 0) }
    }
}
