import NeuralNets

/// Seeded noise of a trained network's magnitude, for timing: only shapes and costs are meaningful.
struct NoiseParameters: ParameterSource {
    /// The prefixes of present parameters; empty for all.
    private let prefixes: [String]

    init(prefixes: [String] = []) { self.prefixes = prefixes }

    let padding = PaddingStyle.symmetric
    let batchNormEpsilon: Float = 1e-5

    func contains(_ name: String) -> Bool { prefixes.isEmpty || prefixes.contains(where: name.hasPrefix) }

    func tensor(_ name: String, shape: [Int]) throws -> [Float] {
        var state = name.utf8.reduce(0x9e37_79b9_7f4a_7c15 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let count = shape.reduce(1, *)
        let bound = shape.count > 1 ? (3 / (Float(count) / Float(shape[0]))).squareRoot() : 0.1
        let centre: Float = shape.count == 1 && !name.hasSuffix("bias") && !name.hasSuffix("mean") ? 1 : 0
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return centre + (Float(state >> 40) / Float(1 << 23) - 1) * bound
        }
    }
}
