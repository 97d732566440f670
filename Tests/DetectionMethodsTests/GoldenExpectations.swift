import NeuralNets
import TestSupport
import Testing

extension GoldenFile {
    /// A training step's losses are those of the row `step` of `train.losses`: within 1e-4 before the first update,
    /// 1e-3 after, as the weights.
    func expectLosses(_ got: [Float], step: Int) throws {
        let losses = try rows("train.losses")[step], tolerance: Float = step == 0 ? 1e-4 : 1e-3
        #expect(got.count == losses.count)
        for (column, (value, want)) in zip(got, losses).enumerated() {
            #expect(abs(value - want) <= tolerance * max(1, abs(want)), "step \(step), column \(column): \(value)")
        }
    }

    /// Every tensor under a prefix has its equal in `got`: the shape, and the values within 1e-3, as after training
    /// steps.
    func expect(_ got: [String: StoredTensor], under prefix: String) throws {
        let wanted = try tensors(under: prefix)
        #expect(!wanted.isEmpty, "nothing under \(prefix)")
        for (name, want) in wanted {
            let value = try #require(got[name], "\(name) is not there")
            #expect(value.shape == want.shape, "\(name)")
            let worst = worstDifference(value.floats(), want.floats())
            #expect(worst.difference <= 1e-3, "\(prefix)\(name): worst \(worst)")
        }
    }
}
