import NeuralNets
import SeededRandom
import TensorCore
import TestSupport
import Testing

@Suite struct OptimizerTests {
    /// The golden file's optimisers, by the names of their cases: the numbers in a name are its options.
    static let cases: [String] = {
        guard let golden = try? GoldenFile("optimizers") else { return [] }
        return golden.names.filter { $0.hasPrefix("adam") || $0.hasPrefix("sgd") }
    }()

    @Test func the_file_holds_optimizers() { #expect(Self.cases.count >= 3) }

    @Test(arguments: cases)
    func the_first_steps_agree_with_the_framework(_ name: String) throws {
        let golden = try GoldenFile("optimizers")
        let gradients = try golden.rows("grads"), want = try golden.rows(name)
        var parameters = [try golden.tensor("p0")]
        try #require(want.count == gradients.count && gradients.allSatisfy { $0.count == parameters[0].values.count })
        var optimizer = try #require(Self.optimizer(named: name))
        for (step, values) in gradients.enumerated() {
            let gradient = Tensor(shape: [values.count], values: values)
            optimizer.step(&parameters, gradients: [gradient], rateFactor: 1)
            let worst = worstDifference(parameters[0].values, want[step])
            #expect(worst.difference <= 1e-4, "\(name), step \(step): worst \(worst)")
        }
    }

    /// `adam_lr0.01_b0.5`: the first beta; `adamw_lr0.1`: weight decay 0.01, as the framework's default;
    /// `sgd_lr0.1_m0.9_wd1e-4_nesterov`.
    private static func optimizer(named name: String) -> (any Optimizer)? {
        let words = name.split(separator: "_")
        func option(_ key: String) -> Float? {
            words.dropFirst().first { $0.hasPrefix(key) && Float($0.dropFirst(key.count)) != nil }
                .flatMap { Float($0.dropFirst(key.count)) }
        }
        let rate = option("lr") ?? .nan
        switch words.first {
        case "adam": return Adam([ParameterGroup([0], learningRate: rate)], betas: (option("b") ?? 0.9, 0.999))
        case "adamw":
            return Adam.withDecoupledDecay([ParameterGroup([0], learningRate: rate, weightDecay: option("wd") ?? 0.01)])
        case "sgd":
            return SGD(
                [ParameterGroup([0], learningRate: rate, weightDecay: option("wd") ?? 0)], momentum: option("m") ?? 0,
                isNesterov: words.contains("nesterov"))
        default: return nil
        }
    }

    @Test func clipping_agrees_with_the_framework() throws {
        let golden = try GoldenFile("optimizers")
        let limit = try #require(Float(golden.metadata["clip_max_norm"] ?? ""))
        var gradients = [try golden.tensor("clip.g0"), try golden.tensor("clip.g1")]
        let norm = clip(&gradients, toNorm: limit)
        #expect(worstDifference([norm], try golden.tensor("clip.norm").values).difference <= 1e-5)
        for index in 0..<2 {
            let want = try golden.tensor("clip.out\(index)")
            #expect(worstDifference(gradients[index].values, want.values).difference <= 1e-5)
        }
        let before = gradients
        clip(&gradients, toNorm: 2 * limit)
        #expect(gradients == before, "gradients within the limit stay as they are")
    }

    @Test func groups_have_rates_and_decays_of_their_own() {
        let start = Tensor(shape: [1], values: [2]), flat = Tensor(shape: [1], values: [0])
        var parameters = [start, start, start]
        var optimizer = SGD([
            ParameterGroup([0], learningRate: 0.1, weightDecay: 0.5),
            ParameterGroup([2], learningRate: 1, weightDecay: 0.5),
        ])
        optimizer.step(&parameters, gradients: [flat, flat, flat], rateFactor: 0.5)
        #expect(parameters.map { $0.values[0] } == [1.95, 2, 1.5])
    }

    @Test(arguments: [
        Adam.withDecoupledDecay([ParameterGroup([0, 1], learningRate: 0.05, weightDecay: 0.01)]) as any Optimizer,
        SGD([ParameterGroup([0, 1], learningRate: 0.05)], momentum: 0.9, isNesterov: true),
    ])
    func a_restored_optimizer_resumes_bit_for_bit(_ fresh: any Optimizer) {
        var generator = SplitMix64(seed: 3)
        func draw(_ shape: [Int]) -> Tensor {
            Tensor(shape: Shape(shape), values: Initializer.normal(deviation: 1).values(shape, using: &generator))
        }
        let gradients = (0..<6).map { _ in [draw([7]), draw([2, 3])] }
        var straight = fresh, parameters = [draw([7]), draw([2, 3])]
        let start = parameters
        for gradient in gradients { straight.step(&parameters, gradients: gradient, rateFactor: 1) }

        var before = fresh, resumed = start
        for gradient in gradients[..<3] { before.step(&resumed, gradients: gradient, rateFactor: 1) }
        var after = fresh
        after.state = before.state
        for gradient in gradients[3...] { after.step(&resumed, gradients: gradient, rateFactor: 1) }
        #expect(resumed == parameters)
        #expect(after.state == straight.state)
        #expect(resumed != start)
    }

    @Test func schedules_follow_their_formulas() {
        let steps = Schedule.steps(period: 40, factor: 0.1)
        #expect([0, 39, 40, 80].map { steps.factor(epoch: $0) } == [1, 1, 0.1, 0.01])
        let cosine = Schedule.cosine(epochs: 10, floor: 0.2)
        #expect(cosine.factor(epoch: 0) == 1)
        #expect(abs(cosine.factor(epoch: 5) - 0.6) < 1e-6)
        #expect(abs(cosine.factor(epoch: 10) - 0.2) < 1e-6)
        #expect(abs(cosine.factor(epoch: 99) - 0.2) < 1e-6)
        #expect(Schedule.constant.factor(epoch: 7) == 1)
    }
}
