import NeuralNets
import Synchronization

/// The tensors that a network asks for, as a weight file with them would hold them.
package enum BackboneFixture {
    /// - Parameters:
    ///   - levels: scopes of the parameters to have (`features.3.`); empty for the whole network.
    ///   - value: of every element; nil for the golden files' formula.
    /// - Returns: canonical names and tensors, in the order in which the network asks for them.
    package static func tensors(
        _ architecture: BackboneArchitecture, levels: [String] = [], value: Float? = nil
    ) throws -> [(name: String, tensor: StoredTensor)] {
        let recorder = Recorder(levels: levels, value: value)
        _ = try architecture.graph(recorder)
        return recorder.asked.withLock { $0 }
    }

    /// The tensors of a whole network, as `source` gives them.
    package static func tensors(
        _ architecture: BackboneArchitecture, source: any ParameterSource
    ) throws -> [(name: String, tensor: StoredTensor)] {
        try tensors(architecture).map { name, tensor in
            (name, StoredTensor(floats: try source.tensor(name, shape: tensor.shape), shape: tensor.shape))
        }
    }

    /// EfficientNet-B0 to stage 5, which the default taps need, with the golden files' formula.
    package static let smallB0 = Result {
        try tensors(.efficientnetB0, levels: (0...5).map { "features.\($0)." })
    }

    private final class Recorder: ParameterSource {
        let padding = PaddingStyle.symmetric
        let batchNormEpsilon: Float = 1e-5
        let asked = Mutex<[(name: String, tensor: StoredTensor)]>([])
        private let levels: FormulaWeights
        private let value: Float?

        init(levels: [String], value: Float?) {
            self.levels = FormulaWeights(prefixes: levels)
            self.value = value
        }

        func contains(_ name: String) -> Bool { levels.contains(name) }

        func tensor(_ name: String, shape: [Int]) throws -> [Float] {
            let values =
                try value.map { [Float](repeating: $0, count: shape.reduce(1, *)) }
                ?? levels.tensor(name, shape: shape)
            asked.withLock { $0.append((name, StoredTensor(floats: values, shape: shape))) }
            return values
        }
    }
}
