import NeuralNets
import SeededRandom
import Synchronization

/// The initial parameters of a network: as in PyTorch's layers (uniform within ±1/√fan-in; batch norms at one and
/// zero), unless the method chooses otherwise.
package final class InitialParameters: ParameterSource {
    package let padding = PaddingStyle.symmetric
    package let batchNormEpsilon: Float = 1e-5
    private let seed: UInt64
    /// Fan-in of each scope's convolution or linear layer, for its bias.
    private let fans = Mutex<[String: Int]>([:])

    private let choose: @Sendable (_ name: String, _ shape: [Int]) -> Initializer?

    /// - Parameter choose: nil for PyTorch's initialisation.
    package init(
        seed: UInt64,
        choosing choose: @escaping @Sendable (_ name: String, _ shape: [Int]) -> Initializer? = { _, _ in nil }
    ) {
        (self.seed, self.choose) = (seed, choose)
    }

    package func contains(_ name: String) -> Bool { true }

    package func tensor(_ name: String, shape: [Int]) -> [Float] {
        var generator = generator(name)
        return (choose(name, shape) ?? initializer(name, shape)).values(shape, using: &generator)
    }

    private func initializer(_ name: String, _ shape: [Int]) -> Initializer {
        let parts = name.split(separator: "."), scope = parts.dropLast().joined(separator: ".")
        if shape.count > 1 {
            fans.withLock { $0[scope] = shape.dropFirst().reduce(1, *) }
            return .layerDefault
        }
        if let fan = fans.withLock({ $0[scope] }) { return .uniform(bound: 1 / Float(fan).squareRoot()) }
        return .constant(parts.last == "weight" || parts.last == "running_var" ? 1 : 0)
    }

    /// The random stream of a tensor, independent of the order of requests.
    private func generator(_ name: String) -> SplitMix64 {
        SplitMix64(seed: seed ^ name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
    }
}
