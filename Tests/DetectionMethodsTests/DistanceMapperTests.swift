import DetectionMethods
import NeuralNets
import SeededRandom
import Testing

/// 28 × 28 distances over 224 × 224 pixels; flawless ones are noise around a level of their place.
@Suite struct DistanceMapperTests {
    private static let side = 28

    private static func layout(wide: Int, levelShare: Float = 0, channels: Int = 1) -> DistanceMapper.Layout {
        let axis = GridAxis.dividing(224, into: side)
        var settings = DistanceMapper.Settings()
        (settings.wide, settings.levelShare) = (wide, levelShare)
        return DistanceMapper.Layout(
            rows: axis, columns: axis, channels: channels, inputWidth: 224, inputHeight: 224, settings: settings)
    }

    /// Differences of one channel that all point the same way.
    private static func differences(_ distances: [Float]) -> FeatureDifferences {
        FeatureDifferences(distances: distances, vectors: distances)
    }

    private static let flawless: [[Float]] = {
        var generator = SplitMix64(seed: 5)
        return (0..<60).map { _ in
            (0..<side * side).map { position in
                let noise = (0..<4).reduce(Float(0)) { sum, _ in sum + generator.uniform(-0.87, 0.87) }
                return 10 + Float(position % side) / 4 + noise
            }
        }
    }()

    /// Without what flawless images' scores are like: the image score is the peak itself, as in models of earlier
    /// versions.
    private func peakAlone() throws -> DistanceMapper {
        let statistics = try #require(DistanceStatistics(distances: Self.flawless, pictures: Self.flawless.count))
        return DistanceMapper(layout: Self.layout(wide: 151), statistics: statistics)
    }

    /// A mapper that knows the flawless distances, and these differences of theirs.
    private static func mapper(_ layout: DistanceMapper.Layout, _ parts: [FeatureDifferences]) throws -> DistanceMapper
    {
        let statistics = try #require(DistanceStatistics(distances: flawless, pictures: flawless.count))
        let own = DistanceMapper(layout: layout, statistics: statistics)
        let scaled = statistics.scaled(
            by: flawless, lengths: parts.compactMap { own.wideLengths(of: $0) }, pictures: flawless.count,
            layout: layout)
        return DistanceMapper(layout: layout, statistics: scaled)
    }

    private func mapper(wide: Int, levelShare: Float = 0) throws -> DistanceMapper {
        try Self.mapper(
            Self.layout(wide: wide, levelShare: levelShare), Self.flawless.map { Self.differences($0) })
    }

    @Test func maps_of_flawless_images_vary_by_one_about_nothing() throws {
        let mapper = try mapper(wide: 0)
        let values = Self.flawless.flatMap { mapper.detect(Self.differences($0)).map.values }
        var sum = 0.0, squares = 0.0
        for value in values { (sum, squares) = (sum + Double(value), squares + Double(value) * Double(value)) }
        let mean = sum / Double(values.count), variance = squares / Double(values.count) - mean * mean
        #expect(abs(mean) < 1e-3 && abs(variance - 1) < 1e-2)
    }

    @Test func a_faint_shade_over_half_the_part_shows_in_the_wide_mean() throws {
        var shaded = Self.flawless[0]
        for position in shaded.indices where position % Self.side < Self.side / 2 { shaded[position] += 0.5 }
        /// The share of the shade's pixels above the largest value of any flawless map.
        func found(_ mapper: DistanceMapper) -> Double {
            let limit = Self.flawless.map { mapper.detect(Self.differences($0)).map.maximum }.max() ?? 0
            let map = mapper.detect(Self.differences(shaded)).map
            var above = 0
            for y in 0..<224 { for x in 0..<112 where map.values[y * 224 + x] > limit { above += 1 } }
            return Double(above) / (224 * 112)
        }
        #expect(found(try mapper(wide: 0)) == 0)
        #expect(found(try mapper(wide: 151)) > 0.5)
    }

    /// A mapper of differences with 16 channels, whose directions are random where nothing is strange.
    private struct Directions {
        static let channels = 16
        let mapper: DistanceMapper
        private var generator: SplitMix64

        init() throws {
            var generator = SplitMix64(seed: 11)
            let parts = flawless.map { Self.part($0, agreeing: 0, &generator) }
            mapper = try DistanceMapperTests.mapper(layout(wide: 151, channels: Self.channels), parts)
            self.generator = generator
        }

        /// - Parameter agreeing: how much of each difference in the left half all have in common.
        mutating func part(_ distances: [Float], agreeing: Float = 0) -> FeatureDifferences {
            Self.part(distances, agreeing: agreeing, &generator)
        }

        private static func part(
            _ distances: [Float], agreeing: Float, _ generator: inout SplitMix64
        ) -> FeatureDifferences {
            var differences = FeatureDifferences(distances: distances)
            for (position, distance) in distances.enumerated() {
                let share = position % side < side / 2 ? agreeing : 0
                var vector = (0..<channels).map { _ in generator.uniform(-1, 1) }
                vector[3] += share * Float(channels).squareRoot()
                let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
                differences.vectors += vector.map { $0 * distance / length }
            }
            return differences
        }
    }

    /// Lengths are what flawless ones are everywhere; over half the part the directions agree.
    @Test func differences_that_agree_show_though_none_is_long() throws {
        var directions = try Directions()
        let flawless = directions.mapper.detect(directions.part(Self.flawless[0]))
        let shaded = directions.mapper.detect(directions.part(Self.flawless[0], agreeing: 0.3))
        #expect(shaded.score == flawless.score, "the image score is made of the lengths alone")
        #expect(flawless.map.values[112 * 224 + 40] < 4)
        #expect(shaded.map.values[112 * 224 + 40] > 10)
        #expect(shaded.map.values[112 * 224 + 200] < 4)
    }

    @Test func a_strong_spot_stays_where_it_is() throws {
        var directions = try Directions()
        let mapper = directions.mapper, position = 14 * Self.side + 14
        let flawless = directions.part(Self.flawless[0])
        var spotted = flawless
        spotted.distances[position] += 60
        let stretch = spotted.distances[position] / flawless.distances[position]
        for channel in 0..<Directions.channels { spotted.vectors[position * Directions.channels + channel] *= stretch }
        let before = mapper.detect(flawless), after = mapper.detect(spotted)
        #expect(after.map.values[116 * 224 + 116] > 20)
        #expect(after.score > 1.1 * before.score)
        let peak = try peakAlone()
        #expect(
            peak.detect(Self.differences(spotted.distances)).score
                > peak.detect(Self.differences(flawless.distances)).score + 3)
        // 40 pixels away the wide square still holds the spot, which counts for three deviations of 361 positions
        // there.
        for pixel in [116 * 224 + 76, 156 * 224 + 116, 76 * 224 + 76] {
            #expect(abs(after.map.values[pixel] - before.map.values[pixel]) < 0.3)
        }
    }

    @Test func the_image_score_does_not_forget_where_flawless_distances_are_large() throws {
        let statistics = try #require(DistanceStatistics(distances: Self.flawless, pictures: Self.flawless.count))
        let mapper = try mapper(wide: 151)
        // The mean of every position: nothing is strange, and the score is that of the level itself, nearly a flawless
        // part's.
        let (score, map) = mapper.detect(Self.differences(statistics.positions.means))
        #expect(map.maximum < 1)
        #expect(score > 0.9 && score < 1)
        let level = zip(statistics.positions.means, statistics.positions.deviations).map { $0 / $1 }
        #expect(
            try peakAlone().detect(Self.differences(statistics.positions.means)).score > Double(level.reduce(0, +))
                / Double(level.count))
    }

    @Test func flawless_parts_score_about_one() throws {
        let mapper = try mapper(wide: 151)
        let scores = Self.flawless.map { mapper.detect(Self.differences($0)).score }
        let mean = scores.reduce(0, +) / Double(scores.count)
        // The larger of two signs, each of them one on average.
        #expect(mean >= 1 && mean < 1.1, "\(mean)")
    }

    @Test func a_shade_over_half_the_part_scores_by_how_much_the_map_varies() throws {
        let mapper = try mapper(wide: 151), peakAlone = try peakAlone()
        /// The distance above all flawless parts, in their standard deviations.
        func standsOut(_ mapper: DistanceMapper, _ distances: [Float]) -> Double {
            let scores = Self.flawless.map { mapper.detect(Self.differences($0)).score }
            let mean = scores.reduce(0, +) / Double(scores.count)
            let variance = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(scores.count)
            return (mapper.detect(Self.differences(distances)).score - mean) / variance.squareRoot()
        }
        var shaded = Self.flawless[0], spotted = Self.flawless[0]
        // A zone with large flawless distances: elsewhere the shade evens out what they vary by.
        for position in shaded.indices where position % Self.side >= Self.side / 2 { shaded[position] += 1.5 }
        spotted[14 * Self.side + 14] += 60
        #expect(standsOut(mapper, shaded) > 1.5 * standsOut(peakAlone, shaded))
        #expect(standsOut(mapper, spotted) > 10 && standsOut(peakAlone, spotted) > 10)
    }

    @Test func a_part_that_is_strange_all_over_shows_by_the_rest_of_its_level() throws {
        let plain = try mapper(wide: 0), lowered = try mapper(wide: 0, levelShare: 0.5)
        let before = lowered.detect(Self.differences(Self.flawless[0]))
        let statistics = try #require(DistanceStatistics(distances: Self.flawless, pictures: Self.flawless.count))
        let glossy = zip(Self.flawless[0], statistics.positions.deviations).map { $0 + 3 * $1 }
        let (score, map) = lowered.detect(Self.differences(glossy)), whole = plain.detect(Self.differences(glossy))
        let rise = whole.map.values[5000] - plain.detect(Self.differences(Self.flawless[0])).map.values[5000]
        #expect(rise > 3)
        for pixel in [0, 5000, 50_000] {
            #expect(abs(map.values[pixel] - before.map.values[pixel] - rise / 2) < 1e-3 * rise)
        }
        #expect(score == whole.score, "whether a part is flawless is another question than where it is not")
    }

    @Test func without_statistics_zeros_lie_outside_as_the_authors_have_it() {
        let mapper = DistanceMapper(layout: Self.layout(wide: 151), statistics: nil)
        let (score, map) = mapper.detect(Self.differences([Float](repeating: 3, count: Self.side * Self.side)))
        #expect(abs(score - 3) < 1e-5)
        #expect(abs(map.values[0] - 3 * 121 / 441) < 1e-5)
    }
}
