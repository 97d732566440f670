import NeuralNets

/// Settings of the ODIN gate.
public struct ODINOptions: Sendable, Equatable {
    /// A product that the gate shall know.
    public struct Product: Sendable, Equatable {
        public var name: String
        /// Its pictures lie below this folder.
        public var folder: String

        public init(name: String, folder: String) { (self.name, self.folder) = (name, folder) }
    }

    /// At least two.
    public var products: [Product] = []
    /// Pictures of other things, to choose the perturbation by; with none, the products themselves play the unknown.
    public var unknown: [String] = []
    public var inputWidth = 32
    public var inputHeight = 32
    /// A linear one's levels may be empty: the backbone's usual ones then.
    public var classifier = ODINClassifier.denseNet(depth: 40, growth: 12)
    /// Passes over the pictures; nil for as many as `defaultSteps` steps take.
    public var epochs: Int?
    public var batchSize = 64
    /// The paper's classifiers'; a linear one takes a tenth.
    public var learningRate: Float = 0.1
    public var weightDecay: Float = 1e-4
    public var temperature = 1000.0
    public var seed: UInt64 = 0

    public init() {}

    /// Steps of a fit whose epochs are not given.
    public static let defaultSteps = 2000
    /// What the strength of the perturbation is chosen from.
    public static let epsilons: [Float] = [0, 0.0005, 0.0011, 0.0014, 0.002, 0.0028, 0.0048]

    /// The product whose folder a picture lies in; nil for none.
    public func product(of path: String) -> Int? {
        let holding = products.indices.filter { path.hasPrefix(products[$0].folder + "/") }
        return holding.max { products[$0].folder.count < products[$1].folder.count }
    }
}

extension ODINOptions: FittableMethod {
    public func fit(_ frames: FrameSource, backbone: Backbone, work: FittingWork) throws -> FittedDetector {
        try ODINTrainer.fit(frames, backbone: backbone, options: self, work: work)
    }
}

/// What choosing an ODIN gate came to.
public struct ODINSummary: Codable, Sendable, Equatable {
    /// Share of the pictures kept apart whose product was recognised.
    public var accuracy: Double
    /// The chosen strength of the perturbation.
    public var epsilon: Double
    /// What it was chosen by: AUROC of the pictures kept apart against unknown ones, by strength and kind of unknown.
    public var trials: [Trial]

    public struct Trial: Codable, Sendable, Equatable {
        public var epsilon: Double
        public var auroc: [String: Double]
        /// Summed in one order, so that the same fit chooses the same strength every time.
        public var mean: Double { auroc.values.sorted().reduce(0, +) / Double(max(1, auroc.count)) }
    }
}
