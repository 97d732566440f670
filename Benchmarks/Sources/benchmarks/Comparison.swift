import Foundation
import InspectionBenchmarks

/// Two pieces of work measured in one sitting, in turn, so that whatever slows the machine meanwhile slows both.
struct Comparison {
    let name: String
    let threshold: Threshold
    /// Medians, milliseconds.
    let of, over: Double

    /// - Parameter rounds: runs of each that count, after two that do not.
    init(_ name: String, _ threshold: Threshold, threads: Int, rounds: Int) throws {
        let of = try Measurement(threshold.of, threads: threads)
        let over = try Measurement(threshold.over, threads: threads)
        var times: (of: [Double], over: [Double]) = ([], [])
        for round in 0..<rounds + 2 {
            let pair = (try of.milliseconds(), try over.milliseconds())
            if round < 2 { continue }
            times.of.append(pair.0)
            times.over.append(pair.1)
        }
        (self.name, self.threshold) = (name, threshold)
        (self.of, self.over) = (Self.median(times.of), Self.median(times.over))
    }

    var ratio: Double { of / over }
    /// A ratio that is no number is above any threshold.
    var isWithin: Bool { ratio <= threshold.atMost }

    static let heading = row("", "of", "ms", "over", "ms", "ratio", "at most")

    var line: String {
        func number(_ value: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", value) }
        return Self.row(
            name, threshold.of, number(of, 2), threshold.over, number(over, 2), number(ratio, 3),
            number(threshold.atMost, 3)) + (isWithin ? "" : "  ABOVE")
    }

    private static func row(
        _ name: String, _ of: String, _ ofTime: String, _ over: String, _ overTime: String, _ ratio: String,
        _ atMost: String
    ) -> String {
        func left(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        func right(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        return [
            left(name, 14), left(of, 21), right(ofTime, 9), " " + left(over, 23), right(overTime, 9), right(ratio, 8),
            right(atMost, 8),
        ].joined()
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted(), middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
