import Foundation

/// The initial values of parameters, drawn in order from the given generator, so that a seed determines them.
package enum Initializer: Sendable, Equatable {
    case constant(Float)
    case uniform(bound: Float)
    case normal(mean: Float = 0, deviation: Float)
    /// Glorot & Bengio, AISTATS 2010: variance 2 / (fan-in + fan-out), times gain².
    case xavierUniform(gain: Float = 1)
    case xavierNormal(gain: Float = 1)
    /// He et al., ICCV 2015: variance gain² / fan.
    case kaimingUniform(gain: Float, fan: Fan = .in)
    case kaimingNormal(gain: Float, fan: Fan = .in)

    package enum Fan: Sendable, Equatable { case `in`, out }

    /// The gain of He et al. for a leaky ReLU of this slope; √2 for a plain one.
    package static func gain(leakySlope: Float) -> Float { (2 / (1 + leakySlope * leakySlope)).squareRoot() }

    /// PyTorch's initialisation of convolutions and linear layers: uniform within ±1/√fan-in.
    package static let layerDefault = Initializer.kaimingUniform(gain: Float(1.0 / 3).squareRoot())

    /// - Parameter shape: in the frameworks' layout, `[outputs, inputs / groups, kernel…]`, of rank 2 or more where
    ///   fans count.
    package func values(_ shape: [Int], using generator: inout some RandomNumberGenerator) -> [Float] {
        let count = shape.reduce(1, *)
        switch self {
        case .constant(let value): return [Float](repeating: value, count: count)
        case .uniform(let bound): return Self.uniform(count, bound, &generator)
        case .normal(let mean, let deviation): return Self.normal(count, deviation, &generator).map { $0 + mean }
        case .xavierUniform(let gain):
            return Self.uniform(count, gain * (6 / Self.fans(shape).sum).squareRoot(), &generator)
        case .xavierNormal(let gain):
            return Self.normal(count, gain * (2 / Self.fans(shape).sum).squareRoot(), &generator)
        case .kaimingUniform(let gain, let fan):
            return Self.uniform(count, gain * (3 / Self.fans(shape)[fan]).squareRoot(), &generator)
        case .kaimingNormal(let gain, let fan):
            return Self.normal(count, gain / Self.fans(shape)[fan].squareRoot(), &generator)
        }
    }

    private struct Fans {
        let inputs, outputs: Float
        var sum: Float { inputs + outputs }
        subscript(fan: Fan) -> Float { fan == .in ? inputs : outputs }
    }

    private static func fans(_ shape: [Int]) -> Fans {
        precondition(shape.count >= 2, "a tensor of shape \(shape) has no fans")
        let field = shape[2...].reduce(1, *)
        return Fans(inputs: Float(shape[1] * field), outputs: Float(shape[0] * field))
    }

    private static func uniform(_ count: Int, _ bound: Float, _ generator: inout some RandomNumberGenerator) -> [Float]
    {
        (0..<count).map { _ in Float.random(in: -bound...bound, using: &generator) }
    }

    /// Box & Muller 1958.
    private static func normal(
        _ count: Int, _ deviation: Float, _ generator: inout some RandomNumberGenerator
    ) -> [Float] {
        var numbers: [Float] = []
        numbers.reserveCapacity(count + 1)
        while numbers.count < count {
            let radius = (-2 * log(Double.random(in: 0x1p-53...1, using: &generator))).squareRoot()
            let angle = 2 * Double.pi * Double.random(in: 0..<1, using: &generator)
            numbers.append(Float(radius * cos(angle)) * deviation)
            numbers.append(Float(radius * sin(angle)) * deviation)
        }
        return Array(numbers.prefix(count))
    }
}
