import DetectionCore
import Foundation
import SeededRandom
import Testing

@Suite struct AnomalyMapTests {
    static func random(_ width: Int, _ height: Int, seed: UInt64) -> AnomalyMap {
        var random = SplitMix64(seed: seed)
        return AnomalyMap(
            width: width, height: height, values: (0..<width * height).map { _ in Float(random.uniform()) })
    }

    /// Bilinear, half-pixel centres, borders held, in double precision.
    static func stretched(_ map: AnomalyMap, _ width: Int, _ height: Int) -> [Float] {
        func sides(_ i: Int, _ size: Int, _ count: Int) -> (Int, Int, Double) {
            let x = max(0, (Double(i) + 0.5) * Double(size) / Double(count) - 0.5)
            let lower = min(Int(x), size - 1)
            return (lower, min(lower + 1, size - 1), x - Double(lower))
        }
        return (0..<width * height).map { index in
            let (x0, x1, fx) = sides(index % width, map.width, width)
            let (y0, y1, fy) = sides(index / width, map.height, height)
            func at(_ y: Int, _ x: Int) -> Double { Double(map.values[y * map.width + x]) }
            let top = at(y0, x0) * (1 - fx) + at(y0, x1) * fx, bottom = at(y1, x0) * (1 - fx) + at(y1, x1) * fx
            return Float(top * (1 - fy) + bottom * fy)
        }
    }

    @Test(arguments: [
        (7, 5, 224, 224), (28, 28, 224, 224), (14, 14, 100, 37), (1, 1, 9, 4), (64, 48, 20, 30), (3, 1, 3, 8),
    ])
    func stretching_is_bilinear_with_centres_at_halves(_ w: Int, _ h: Int, _ width: Int, _ height: Int) {
        let map = Self.random(w, h, seed: 3)
        let got = map.resized(width: width, height: height)
        #expect((got.width, got.height) == (width, height))
        let worst = zip(got.values, Self.stretched(map, width, height)).map { abs($0 - $1) }.max() ?? 1
        #expect(worst < 1e-4)
    }

    @Test func smoothing_a_point_draws_the_gaussian() {
        var values = [Float](repeating: 0, count: 61 * 61)
        values[30 * 61 + 30] = 1
        let sigma: Float = 3
        let smooth = AnomalyMap(width: 61, height: 61, values: values).smoothed(sigma: sigma)
        let peak = smooth.values[30 * 61 + 30]
        #expect(abs(peak - 1 / (2 * .pi * sigma * sigma)) < 1e-4 * peak + 2e-6)
        for (dx, dy) in [(1, 0), (0, 2), (3, 4), (-5, 5)] {
            let want = peak * exp(-Float(dx * dx + dy * dy) / (2 * sigma * sigma))
            #expect(abs(smooth.values[(30 + dy) * 61 + 30 + dx] - want) < 1e-6)
        }
    }

    @Test(arguments: [(50, 40, Float(4)), (9, 30, 4), (3, 2, 4), (1, 1, 2), (40, 40, 0.3), (12, 7, 0.1)])
    func smoothing_keeps_the_mean_and_a_level_map(_ width: Int, _ height: Int, _ sigma: Float) {
        let map = Self.random(width, height, seed: 8), smooth = map.smoothed(sigma: sigma)
        let mean = map.values.reduce(0, +) / Float(map.values.count)
        let after = smooth.values.reduce(0, +) / Float(map.values.count)
        // Reflection keeps what would fall over the border inside.
        #expect(abs(mean - after) < 1e-4)
        #expect(smooth.maximum <= map.maximum * 1.00001)
        let level = AnomalyMap(width: width, height: height, values: [Float](repeating: 2, count: width * height))
        #expect(level.smoothed(sigma: sigma).values.allSatisfy { abs($0 - 2) < 1e-5 })
    }

    @Test func no_smoothing_changes_nothing() {
        let map = Self.random(6, 4, seed: 1)
        #expect(map.smoothed(sigma: 0) == map)
    }

    @Test func the_maximum_is_the_largest_value_even_below_zero() {
        #expect(AnomalyMap(width: 3, height: 1, values: [-4, -2, -9]).maximum == -2)
    }
}
