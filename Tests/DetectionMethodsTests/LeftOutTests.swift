import DetectionMethods
import Foundation
import SeededRandom
import TensorCore
import Testing

/// Distances in closed form beside the same Gaussian estimated anew without the samples.
@Suite struct LeftOutTests {
    static let d = 5, n = 14

    /// Correlated samples, row by row.
    private static let samples: [[Double]] = {
        var random = SplitMix64(seed: 7)
        func draw() -> Double { (0..<6).reduce(0.0) { sum, _ in sum + Double(random.uniform(-1, 1)) } }
        return (0..<n).map { _ in
            let common = draw()
            return (0..<d).map { Double($0) + draw() + common * Double($0) / 3 }
        }
    }()

    private struct Estimate {
        let mean: [Double]
        let scatter: [Double]

        init(_ rows: [[Double]]) {
            let mean = (0..<d).map { c in rows.reduce(0) { $0 + $1[c] } / Double(rows.count) }
            scatter = LinearAlgebra.gram(
                rows.flatMap { zip($0, mean).map { $0 - $1 } }, rows: rows.count, columns: d)
            self.mean = mean
        }

        /// Mahalanobis distance with `scale · scatter + ridge · I`.
        func distance(_ x: [Double], scale: Double, ridge: Double) throws -> Double {
            var covariance = scatter.map { $0 * scale }
            for i in 0..<d { covariance[i * d + i] += ridge }
            let inverse = try LinearAlgebra.inverse(positiveDefinite: covariance, d)
            let v = zip(x, mean).map { $0 - $1 }
            let w = LinearAlgebra.product(inverse, v, rows: d, depth: d, columns: 1)
            return zip(v, w).reduce(0) { $0 + $1.0 * $1.1 }.squareRoot()
        }

        /// Whitened differences of `rows` from the mean, as rows.
        func whitened(_ rows: [[Double]], scale: Double, ridge: Double) throws -> [[Double]] {
            var covariance = scatter.map { $0 * scale }
            for i in 0..<d { covariance[i * d + i] += ridge }
            let inverse = LinearAlgebra.inverse(lowerTriangular: try LinearAlgebra.cholesky(covariance, d), d)
            return rows.map { row in
                LinearAlgebra.product(
                    inverse, zip(row, mean).map { $0 - $1 }, rows: d, depth: d, columns: 1)
            }
        }
    }

    /// One image, two of a part, and a fold of five.
    @Test(arguments: [[3], [0, 9], [1, 4, 6, 7, 12]])
    func leaving_samples_out_agrees_with_estimating_again(_ out: [Int]) throws {
        let all = Estimate(Self.samples), rows = out.map { Self.samples[$0] }, n = Double(Self.n)
        let rest = Estimate(Self.samples.indices.filter { !out.contains($0) }.map { Self.samples[$0] })
        let g = Double(out.count), shrinkage = 0.3
        for (rule, scale, reduced) in [
            (LeftOut.unbiased(count: Self.n), 1 / (n - 1), 1 / (n - g - 1)),
            (LeftOut.shrunk(count: Self.n, shrinkage: shrinkage), (1 - shrinkage) / n, (1 - shrinkage) / (n - g)),
        ] {
            let ridge = 0.2
            let white = try all.whitened(rows, scale: scale, ridge: ridge)
            let gram = white.flatMap { a in white.map { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } } }
            let got = try rule.distances(gram: gram, count: out.count)
            // What is added to the diagonal grows in proportion.
            let want = try rows.map { try rest.distance($0, scale: reduced, ridge: ridge * reduced / scale) }
            for (a, b) in zip(got, want) { #expect(abs(a - b) < 1e-9 * b, "\(a), estimated again \(b)") }
        }
    }

    @Test func a_sample_alone_needs_only_its_own_distance() throws {
        let rule = LeftOut.unbiased(count: 40)
        for distance in [0, 0.5, 3, 6] {
            let alone = try rule.distances(gram: [distance * distance], count: 1)[0]
            #expect(abs(alone - rule.distance(distance)) < 1e-12)
        }
        #expect(rule.distance(6) > 6, "an image pulls its own Gaussian towards itself")
    }

    @Test func samples_that_alone_span_a_direction_are_far_away_but_not_infinitely() throws {
        // All of the variance is theirs: without them nothing is left but the constant, and rounding.
        let rule = LeftOut.unbiased(count: 10), gram = [3.6, 3.6, 3.6, 3.6]
        let distances = try rule.distances(gram: gram, count: 2)
        #expect(distances.allSatisfy { $0.isFinite && $0 > 10 }, "\(distances)")
        #expect(rule.distance(9).isFinite)
    }
}
