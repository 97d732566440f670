import DetectionCore
import Foundation

/// How an ODIN gate's perturbation was chosen.
public struct ODINSummary: ReportSection, Equatable {
    public static let key = "odin"

    /// Share of the pictures kept apart whose product was recognised.
    public var accuracy: Double
    /// The chosen strength of the perturbation.
    public var epsilon: Double
    /// What it was chosen by: AUROC of the pictures kept apart against unknown ones, by strength and kind of unknown.
    public var trials: [Trial]

    public struct Trial: Codable, Sendable, Equatable {
        public var epsilon: Double
        public var auroc: [String: Double]
        /// Summed in one order, so that the same fit chooses the same strength every time.
        public var mean: Double { auroc.values.sorted().reduce(0, +) / Double(max(1, auroc.count)) }
    }
}

extension ODINSummary {
    var text: String {
        String(
            format: "recognises %.2f %% of the pictures kept apart; perturbation %g, AUROC against unknown ones %.4f",
            accuracy * 100, epsilon, trials.first { $0.epsilon == epsilon }?.mean ?? .nan)
    }
}
