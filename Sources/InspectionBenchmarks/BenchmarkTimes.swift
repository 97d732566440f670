import Foundation
import InspectionDomain

/// Median and minimum of the timed runs, milliseconds.
package struct BenchmarkTimes: Codable, Sendable {
    package private(set) var median: Double
    package private(set) var minimum: Double

    package enum CodingKeys: String, CodingKey {
        case median = "median_ms"
        case minimum = "min_ms"
    }

    init(milliseconds: [Double]) {
        let sorted = milliseconds.sorted()
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        minimum = sorted[0]
    }

    /// The times that `runs` runs report, after three that are not counted.
    static func repeated(_ runs: Int, _ run: () throws -> Double) rethrows -> [Double] {
        for _ in 0..<3 { _ = try run() }
        return try (0..<max(1, runs)).map { _ in try run() }
    }

    /// Milliseconds of one run.
    static func time(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return ContinuousClock.now.milliseconds(since: start)
    }

    package func line(_ name: String) -> String {
        let padded = name + String(repeating: " ", count: max(0, 30 - name.count))
        return padded + String(format: "median %8.2f ms   min %8.2f ms", median, minimum)
    }
}
