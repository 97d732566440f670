import SeededRandom
import Testing

/// Expected numbers: Vigna's C program `splitmix64.c`, run with the seed 1234567.
@Suite struct SplitMix64Tests {
    @Test func a_seed_gives_the_published_sequence() {
        var random = SplitMix64(seed: 1_234_567)
        let drawn = (0..<5).map { _ in random.next() }
        #expect(
            drawn == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test func uniform_numbers_fill_their_interval() {
        var random = SplitMix64(seed: 42)
        let drawn = (0..<10_000).map { _ in random.uniform(-2, 3) }
        #expect(drawn.allSatisfy { (-2...3).contains($0) })
        #expect(drawn.min()! < -1.99 && drawn.max()! > 2.99)
        #expect(abs(drawn.reduce(0, +) / 10_000 - 0.5) < 0.05)
    }
}
