import NeuralNets
import SeededRandom
import Testing

@Suite struct InitializerTests {
    struct Case: Sendable {
        let initializer: Initializer
        let deviation: Float
        let isUniform: Bool
    }

    /// Of `[64, 32, 3, 3]`: fan-in 288, fan-out 576.
    static let cases = [
        Case(initializer: .uniform(bound: 0.3), deviation: 0.3 / Float(3).squareRoot(), isUniform: true),
        Case(initializer: .normal(mean: 0, deviation: 0.02), deviation: 0.02, isUniform: false),
        Case(initializer: .xavierUniform(), deviation: (2.0 / 864).squareRoot(), isUniform: true),
        Case(initializer: .xavierNormal(gain: 2), deviation: 2 * (2.0 / 864).squareRoot(), isUniform: false),
        Case(
            initializer: .kaimingUniform(gain: Initializer.gain(leakySlope: 0)), deviation: (2.0 / 288).squareRoot(),
            isUniform: true),
        Case(
            initializer: .kaimingNormal(gain: Initializer.gain(leakySlope: 0.2), fan: .out),
            deviation: (2.0 / 1.04 / 576).squareRoot(), isUniform: false),
        Case(initializer: .layerDefault, deviation: (1.0 / 3 / 288).squareRoot(), isUniform: true),
    ]

    @Test(arguments: cases)
    func numbers_have_the_promised_spread(_ example: Case) throws {
        var generator = SplitMix64(seed: 1)
        let values = example.initializer.values([64, 32, 3, 3], using: &generator)
        #expect(values.count == 64 * 32 * 9)
        let mean = values.reduce(0, +) / Float(values.count)
        let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(values.count)).squareRoot()
        #expect(abs(mean) < 0.03 * example.deviation)
        #expect(abs(deviation / example.deviation - 1) < 0.02)
        let largest = try #require(values.map(abs).max()), bound = example.deviation * Float(3).squareRoot()
        #expect(example.isUniform ? largest <= bound * 1.0001 : largest > 1.5 * bound)
    }

    @Test func a_seed_decides_every_bit() {
        func draw(_ seed: UInt64) -> [Float] {
            var generator = SplitMix64(seed: seed)
            return Initializer.xavierNormal().values([3, 5], using: &generator)
                + Initializer.layerDefault.values([5, 3, 2, 2], using: &generator)
        }
        #expect(draw(7) == draw(7))
        #expect(draw(7) != draw(8))
    }

    @Test func a_mean_is_added_and_a_constant_repeated() {
        var generator = SplitMix64(seed: 2)
        let values = Initializer.normal(mean: 1, deviation: 0.02).values([4096], using: &generator)
        #expect(abs(values.reduce(0, +) / 4096 - 1) < 0.002)
        #expect(Initializer.constant(0.5).values([3], using: &generator) == [0.5, 0.5, 0.5])
    }
}
