import CKernelReferences
import CKernels
import SeededRandom
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
