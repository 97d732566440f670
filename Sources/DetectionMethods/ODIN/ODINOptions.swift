import DetectionCore
import NeuralNets

/// Settings of the ODIN product gate.
package struct ODINOptions: Sendable, Equatable {
    /// The known products, at least two.
    package var products: [Product] = []
    /// Images without a known product, for the choice of the perturbation; if empty, each product in turn counts as
    /// unknown.
    package var unknown: [String] = []
    package var inputWidth = 32
    package var inputHeight = 32
    /// Empty levels of a linear classifier stand for the backbone's usual ones.
    package var classifier = ODINClassifier.denseNet(depth: 40, growth: 12)
    /// Epochs; nil for as many as `defaultSteps` steps take.
    package var epochs: Int?
    package var batchSize = 64
    /// The rate of the paper's classifiers; a linear one uses a tenth.
    package var learningRate: Float = 0.1
    package var weightDecay: Float = 1e-4
    package var temperature = 1000.0
    package var seed: UInt64 = 0

    package init() {}

    /// Steps of a fit without given epochs.
    package static let defaultSteps = 2000
    /// The candidates for the strength of the perturbation.
    package static let epsilons: [Float] = [0, 0.0005, 0.0011, 0.0014, 0.002, 0.0028, 0.0048]

    /// The product whose folder holds an image; nil for none.
    package func product(of path: String) -> Int? {
        let holding = products.indices.filter { path.hasPrefix(products[$0].folder + "/") }
        return holding.max { products[$0].folder.count < products[$1].folder.count }
    }
}
