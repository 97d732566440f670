import DetectionCore
import Foundation

extension Calibration {
    /// The promise of the thresholds, in words: what is expected, and what is proven for images of any kind.
    package var promise: String {
        let share = Self.percent(falseAlarmRate)
        let order =
            "the threshold is the \(k)-th smallest of \(n) scores"
            + (images.map { ", one for each part that the \($0) images show" } ?? "")
        if isCrossConformal {
            return "expected: at most \(share) of flawless frames will be called anomalous (\(order), each under the "
                + "model without its own part); proven for images of any kind: at most "
                + Self.percent(2 * falseAlarmRate)
        }
        guard let confidence else {
            return "on average at most \(share) of flawless frames will be called anomalous "
                + "(expected: \(Self.percent(expectedRate)); \(order))"
        }
        return String(format: "with %.4g %% confidence ", confidence * 100)
            + "at most \(share) of flawless frames will be called anomalous (\(order))"
    }

    private static func percent(_ rate: Double) -> String { String(format: "%.4g %%", rate * 100) }
}
