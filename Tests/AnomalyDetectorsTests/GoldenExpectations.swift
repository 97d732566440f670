import NeuralNets
import TestSupport
import Testing

extension GoldenFile {
    /// Every tensor under a prefix has its equal in `got`: the shape, and the values within 1e-3, as after training steps.
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
