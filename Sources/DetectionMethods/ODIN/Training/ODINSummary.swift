import DetectionCore
import Foundation

/// The choice of an ODIN gate's perturbation.
package struct ODINSummary: ReportSection, Equatable {
    package static let key = "odin"

    /// Share of the images kept apart whose product was recognised.
    package var accuracy: Double
    /// The chosen strength of the perturbation.
    package var epsilon: Double
    /// The criterion: AUROC of the images kept apart against unknown ones, by strength and kind of unknown.
    package var trials: [Trial]

    package struct Trial: Codable, Sendable, Equatable {
        package var epsilon: Double
        package var auroc: [String: Double]
        /// Summed in one order, so that the same fit chooses the same strength every time.
        package var mean: Double { auroc.values.sorted().reduce(0, +) / Double(max(1, auroc.count)) }
    }
}

extension ODINSummary {
    var text: String {
        String(
            format: "recognises %.2f %% of the images kept apart; perturbation %g, AUROC against unknown ones %.4f",
            accuracy * 100, epsilon, trials.first { $0.epsilon == epsilon }?.mean ?? .nan)
    }
}
