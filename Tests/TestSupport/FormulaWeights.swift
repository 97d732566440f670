import Foundation
import NeuralNets

/// Weights that are a function of their name, as the golden files' README defines them.
package struct FormulaWeights: ParameterSource {
    /// Names must begin with one of these; empty for all.
    private let prefixes: [String]

    package init(prefixes: [String] = []) { self.prefixes = prefixes }

    package let padding = PaddingStyle.symmetric
    package let batchNormEpsilon: Float = 1e-5

    package func contains(_ name: String) -> Bool { prefixes.isEmpty || prefixes.contains(where: name.hasPrefix) }

    package func tensor(_ name: String, shape: [Int]) throws -> [Float] {
        let u = Self.units(name, count: shape.reduce(1, *))
        if name.hasSuffix("running_var") { return u.map { Float(0.5 + $0) } }
        if name.hasSuffix("running_mean") || name.hasSuffix("bias") { return u.map { Float(($0 - 0.5) * 0.2) } }
        if shape.count == 1 { return u.map { Float(0.75 + 0.5 * $0) } }
        let bound = (3 / (Double(u.count) / Double(shape[0]))).squareRoot()
        return u.map { Float(($0 - 0.5) * 2 * bound) }
    }

    /// `2(u − 0.5)`: the values of the small files under `weights/`.
    package static func plainValues(_ name: String, count: Int) -> [Float] {
        units(name, count: count).map { Float(2 * ($0 - 0.5)) }
    }

    /// u of elements 1, 2, … of a tensor: in [0, 1).
    private static func units(_ name: String, count: Int) -> [Double] {
        let s = Double(name.utf8.reduce(0) { $0 + Int($1) })
        return (1...max(1, count)).prefix(count).map { i in
            let x = sin(12.9898 * Double(i) + s) * 43758.5453
            return x - x.rounded(.down)
        }
    }
}
