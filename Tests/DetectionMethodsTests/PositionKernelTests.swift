import CKernelReferences
import CKernels
import SeededRandom
import TensorCore
import Testing

/// The kernels over the map's positions against their plain references, on shapes that fit no vector.
@Suite struct PositionKernelTests {
    private static func values(_ count: Int, seed: UInt64) -> [Float] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in random.uniform(-1, 1) }
    }

    private static func worst(_ got: [Float], _ want: [Float]) -> Float {
        zip(got, want).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? .infinity
    }

    @Test(arguments: [1, 16, 37]) func distances_and_whitened_differences(_ d: Int) {
        let positions = 6, triangle = d * (d + 1) / 2
        let x = Self.values(positions * d, seed: 1), mean = Self.values(positions * d, seed: 2)
        let whitening = Self.values(positions * triangle, seed: 3)
        var wanted = [Float](repeating: 0, count: positions), whitened = [Float](repeating: 0, count: positions * d)
        ck_position_reference(x, mean, whitening, Int32(positions), Int32(d), &wanted, &whitened)
        var got = wanted.map { _ in Float.nan }
        ck_position_distances(x, mean, whitening, Int32(positions), Int32(d), &got)
        #expect(Self.worst(got, wanted) < 1e-5)
        var gotWhitened = whitened.map { _ in Float.nan }
        ck_position_whiten(x, mean, whitening, Int32(positions), Int32(d), &gotWhitened)
        #expect(Self.worst(gotWhitened, whitened) < 1e-5)
    }

    @Test(arguments: [1, 16, 64, 65, 200]) func distances_with_rounded_triangles(_ d: Int) {
        let positions = 5, groups = Int(ck_rounded_groups(Int32(d)))
        #expect(groups == (1...d).reduce(0) { $0 + ($1 + 63) / 64 })
        let x = Self.values(positions * d, seed: 1), mean = Self.values(positions * d, seed: 2)
        var random = SplitMix64(seed: 3)
        let count = positions * d * (d + 1) / 2
        // What is behind the triangles must not matter.
        let values = (0..<count + 64).map { _ in Int8(random.uniform(-127, 127)) }
        let scales = (0..<positions * groups).map { _ in
            UInt16(random.uniform(0.001, 0.1).bitPattern >> 16)
        }
        var wanted = [Float](repeating: 0, count: positions), got = wanted.map { _ in Float.nan }
        ck_rounded_distances_reference(x, mean, values, scales, Int32(positions), Int32(d), &wanted)
        ck_rounded_distances(x, mean, values, scales, Int32(positions), Int32(d), &got)
        #expect(Self.worst(got, wanted) < 1e-5)
        // The triangles they stand for give the same.
        var triangles = [Float](repeating: 0, count: count)
        ck_rounded_triangles(values, scales, Int32(positions), Int32(d), &triangles)
        ck_position_distances(x, mean, triangles, Int32(positions), Int32(d), &got)
        #expect(Self.worst(got, wanted) < 1e-5)
    }

    /// Rows of three, by hand.
    @Test func rounding_keeps_what_eight_bits_hold_and_passes_on_what_they_do_not() {
        // Exact: the largest value of a group is 127 steps of a scale that is a power of two.
        let exact: [Float] = [127, 64, 127, -3, 5, 127]
        var values = [Int8](repeating: 0, count: 6), row = [Float](repeating: 0, count: 3)
        var scales = [UInt16](repeating: 0, count: 3)
        ck_round_triangles(exact, 1, 3, &values, &scales, &row)
        #expect(values == [127, 64, 127, -3, 5, 127])
        // Not exact: row 1 is (0.4, 127), so feature 1 is predicted as −0.4/127 of feature 0. The 0.25 that the last
        // row loses at feature 1 are made up for by 0.25 · 0.4 / 127 at feature 0, too little for a step there.
        let rough: [Float] = [127, 0.4, 127, 2, 5.25, 127]
        ck_round_triangles(rough, 1, 3, &values, &scales, &row)
        #expect(values == [127, 0, 127, 2, 5, 127])
        // Row 1 is (−100, 127): feature 1 nearly repeats feature 0, so feature 0 takes over what feature 1 loses, 0.4 · 100
        // / 127 of a step, and 2.3 becomes 3 instead of 2.
        let alike: [Float] = [127, -100, 127, 2.3, 5.4, 127]
        ck_round_triangles(alike, 1, 3, &values, &scales, &row)
        #expect(values == [127, -100, 127, 3, 5, 127])
    }

    @Test func rounding_changes_distances_by_a_thousandth_where_features_are_correlated() throws {
        // Features that share much: the triangle whitens a sum of a common part and their own.
        let (d, draws) = (96, 200)
        var random = SplitMix64(seed: 8)
        func draw() -> [Float] {
            let common = random.uniform(-6, 6)
            return (0..<d).map { _ in common + random.uniform(-1, 1) }
        }
        var covariance = [Double](repeating: 0, count: d * d)
        for i in 0..<d { for j in 0..<d { covariance[i * d + j] = 12 + (i == j ? 1.0 / 3 : 0) } }
        let inverse = LinearAlgebra.inverse(lowerTriangular: try LinearAlgebra.cholesky(covariance, d), d)
        let triangle = (0..<d).flatMap { i in (0...i).map { Float(inverse[i * d + $0]) } }
        let groups = Int(ck_rounded_groups(Int32(d)))
        var values = [Int8](repeating: 0, count: triangle.count + 64), scales = [UInt16](repeating: 0, count: groups)
        var row = [Float](repeating: 0, count: d)
        ck_round_triangles(triangle, 1, Int32(d), &values, &scales, &row)
        let mean = [Float](repeating: 0, count: d)
        let errors = (0..<draws).map { _ -> Float in
            let x = draw()
            var exact: Float = 0, rounded: Float = 0
            ck_position_distances(x, mean, triangle, 1, Int32(d), &exact)
            ck_rounded_distances(x, mean, values, scales, 1, Int32(d), &rounded)
            return abs(rounded / exact - 1)
        }
        #expect(errors.reduce(0, +) / Float(draws) < 2e-3)
    }

    @Test func inner_products_of_several_images() {
        let (count, positions, d) = (3, 4, 21)
        let x = Self.values(count * positions * d, seed: 4)
        var wanted = [Double](repeating: 0, count: positions * count * count), got = wanted.map { _ in Double.nan }
        ck_position_grams_reference(x, Int32(count), Int32(positions), Int32(d), &wanted)
        ck_position_grams(x, Int32(count), Int32(positions), Int32(d), &got)
        #expect(zip(got, wanted).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    @Test(arguments: [(1, 1), (2, 3), (7, 5), (14, 14)]) func window_means(_ rows: Int, _ columns: Int) {
        let (d, channels) = (19, 11), x = Self.values(rows * columns * d, seed: 5)
        var wanted = [Float](repeating: 0, count: (rows + 1) / 2 * ((columns + 1) / 2) * channels)
        var got = wanted.map { _ in Float.nan }
        ck_window_means_reference(x, Int32(rows), Int32(columns), Int32(d), Int32(channels), &wanted)
        ck_window_means(x, Int32(rows), Int32(columns), Int32(d), Int32(channels), &got)
        #expect(Self.worst(got, wanted) < 1e-6)
    }

    @Test(arguments: [(1, 1), (5, 4), (28, 28)]) func block_means(_ rows: Int, _ columns: Int) {
        let d = 13, x = Self.values(rows * columns * d, seed: 9)
        var wanted = [Float](repeating: 0, count: (rows + 1) / 2 * ((columns + 1) / 2) * d)
        var got = wanted.map { _ in Float.nan }
        ck_block_means_reference(x, Int32(rows), Int32(columns), Int32(d), &wanted)
        ck_block_means(x, Int32(rows), Int32(columns), Int32(d), &got)
        #expect(Self.worst(got, wanted) < 1e-6)
    }

    @Test(arguments: [(1, 1, 2), (5, 9, 2), (14, 14, 6)]) func means_of_what_looks_alike(
        _ rows: Int, _ columns: Int, _ radius: Int
    ) {
        let d = 18, values = Self.values(rows * columns, seed: 6), x = Self.values(rows * columns * d, seed: 7)
        var wanted = values.map { _ in Float(0) }, got = values.map { _ in Float.nan }
        ck_mean_of_alike_reference(
            values, x, Int32(rows), Int32(columns), Int32(d), 2.5, Int32(radius), &wanted)
        ck_mean_of_alike(values, x, Int32(rows), Int32(columns), Int32(d), 2.5, Int32(radius), &got)
        #expect(Self.worst(got, wanted) < 1e-5)
    }

    /// Three cells in a row, the middle one between two kinds: by hand.
    @Test func evidence_stays_among_cells_that_look_alike() {
        var got: [Float] = [0, 0, 0]
        ck_mean_of_alike([4, 0, 0], [0, 0, 10], 1, 3, 1, 1e6, 2, &got)
        #expect(got[0] == 2 && got[1] == 2 && got[2] < 1e-30)
    }

    @Test(arguments: [(1, 1, 3), (4, 9, 1), (13, 6, 2), (30, 41, 12), (5, 5, 9)]) func the_highest_nearby(
        _ height: Int, _ width: Int, _ radius: Int
    ) {
        let values = Self.values(height * width, seed: 8)
        var wanted = values, got = values.map { _ in Float.nan }
        ck_local_maximum_reference(values, Int32(height), Int32(width), Int32(radius), &wanted)
        #expect(ck_local_maximum(values, Int32(height), Int32(width), Int32(radius), &got) == 0)
        #expect(got == wanted)
    }
}
