import Foundation

/// Median and minimum of the timed runs, milliseconds.
struct BenchmarkTimes: Codable, Sendable {
    var median: Double
    var minimum: Double

    enum CodingKeys: String, CodingKey {
        case median = "median_ms"
        case minimum = "min_ms"
    }

    init(milliseconds: [Double]) {
        let sorted = milliseconds.sorted()
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        minimum = sorted[0]
    }

    /// Three runs that are not counted, then `runs` that are.
    static func measure(runs: Int, _ body: () throws -> Void) rethrows -> BenchmarkTimes {
        BenchmarkTimes(milliseconds: try measureAll(runs: runs, body))
    }

    /// The milliseconds of each of `runs` runs after three.
    static func measureAll(runs: Int, _ body: () throws -> Void) rethrows -> [Double] {
        for _ in 0..<3 { try body() }
        var times: [Double] = []
        for _ in 0..<max(1, runs) {
            let start = ContinuousClock.now
            try body()
            times.append((ContinuousClock.now - start).inMilliseconds)
        }
        return times
    }

    func line(_ name: String) -> String {
        let padded = name + String(repeating: " ", count: max(0, 30 - name.count))
        return padded + String(format: "median %8.2f ms   min %8.2f ms", median, minimum)
    }
}
