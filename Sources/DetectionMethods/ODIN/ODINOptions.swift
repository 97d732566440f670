import DetectionCore
import NeuralNets

/// Settings of the ODIN gate.
package struct ODINOptions: Sendable, Equatable {
    /// At least two.
    package var products: [Product] = []
    /// Images of other things, to choose the perturbation by; with none, the products themselves play the unknown.
    package var unknown: [String] = []
    package var inputWidth = 32
    package var inputHeight = 32
    /// A linear one's levels may be empty: the backbone's usual ones then.
    package var classifier = ODINClassifier.denseNet(depth: 40, growth: 12)
    /// Passes over the images; nil for as many as `defaultSteps` steps take.
    package var epochs: Int?
    package var batchSize = 64
    /// The paper's classifiers'; a linear one takes a tenth.
    package var learningRate: Float = 0.1
    package var weightDecay: Float = 1e-4
    package var temperature = 1000.0
    package var seed: UInt64 = 0

    package init() {}

    /// Steps of a fit whose epochs are not given.
    package static let defaultSteps = 2000
    /// What the strength of the perturbation is chosen from.
    package static let epsilons: [Float] = [0, 0.0005, 0.0011, 0.0014, 0.002, 0.0028, 0.0048]

    /// The product whose folder an image lies in; nil for none.
    package func product(of path: String) -> Int? {
        let holding = products.indices.filter { path.hasPrefix(products[$0].folder + "/") }
        return holding.max { products[$0].folder.count < products[$1].folder.count }
    }
}
