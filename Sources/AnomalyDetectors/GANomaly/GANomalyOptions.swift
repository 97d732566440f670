import InspectionDomain
import NeuralNets
import TensorCore

/// Settings of the GANomaly detector; the defaults are the authors' unless the comment says otherwise.
public struct GANomalyOptions: Sendable, Equatable {
    /// A side of 64 by default (the authors: 32).
    public var network = GANomalyNetwork(side: 64)
    /// Passes over the pictures; nil for as many as `defaultSteps` steps take.
    public var epochs: Int?
    public var batchSize = 64
    public var learningRate: Float = 2e-4
    public var weights = GANomalyTraining.Weights()
    public var seed: UInt64 = 0

    public init() {}

    /// Steps of a fit whose epochs are not given.
    public static let defaultSteps = 1000
    /// Pictures are −1…1.
    static let normalization = Normalization(mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])
}

extension GANomalyOptions: FittableMethod {
    public func fit(_ frames: FrameSource, backbone: Backbone, work: FittingWork) throws -> FittedDetector {
        guard GANomalyNetwork.fits(side: network.side) else {
            throw ModelError(
                "GANomaly needs an input side that is a multiple of 16 from \(GANomalyNetwork.sides.lowerBound) to "
                    + "\(GANomalyNetwork.sides.upperBound), not \(network.side)")
        }
        guard frames.count >= 2 else {
            throw ModelError("GANomaly needs at least 2 pictures, there \(frames.count == 1 ? "is 1" : "are none")")
        }
        let pictures = try ResizedPictures(
            frames, width: network.side, height: network.side, normalization: Self.normalization, work: work)
        var course = TrainingCourse(
            try GANomalyCourse(options: self, pictures: pictures),
            TrainingCourse.Plan(
                pictures: Array(0..<pictures.count),
                epochs: epochs
                    ?? TrainingEpochs.filling(Self.defaultSteps, batchSize: batchSize, pictures: pictures.count),
                batchSize: batchSize, seed: seed, leavesOutSingles: true,
                identity: "ganomaly 1 \(self) \(pictures.digest)",
                remedy: "are there pictures without any content?"))
        try course.run(work)
        let model = try GANomalyModel(network: network, parameters: course.best ?? [:])
        return FittedDetector(model: model, history: course.history)
    }
}

/// What a course trains for GANomaly.
struct GANomalyCourse: Trainee {
    private let options: GANomalyOptions
    private let pictures: ResizedPictures
    private var training: GANomalyTraining

    init(options: GANomalyOptions, pictures: ResizedPictures) throws {
        (self.options, self.pictures) = (options, pictures)
        training = try GANomalyTraining(
            network: options.network, generator: Self.initialParameters(seed: options.seed &* 2),
            discriminator: Self.initialParameters(seed: options.seed &* 2 &+ 1),
            learningRate: options.learningRate, weights: options.weights)
    }

    /// Convolutions N(0, 0.02), batch norms' weights N(1, 0.02).
    private static func initialParameters(seed: UInt64) -> InitialParameters {
        InitialParameters(seed: seed) { name, shape in
            if shape.count > 1 { return .normal(deviation: 0.02) }
            return name.hasSuffix(".weight") ? .normal(mean: 1, deviation: 0.02) : nil
        }
    }

    var state: [String: StoredTensor] { training.state }
    var snapshot: [String: StoredTensor] { training.storedGenerator() }

    mutating func restore(_ state: [String: StoredTensor]) throws { try training.restore(state) }

    func learningRate(epoch: Int) -> Double { Double(options.learningRate) }

    mutating func step(_ batch: [Int], at place: CoursePlace) throws -> StepLosses {
        let losses = training.step(pictures.input(batch))
        let hasCollapsed = losses.discriminator < GANomalyTraining.collapse
        if hasCollapsed {
            var drawn = SplitMix64(seed: options.seed ^ place.number)
            try training.reinitializeDiscriminator(Self.initialParameters(seed: drawn.next()))
        }
        return StepLosses(
            total: Double(losses.generator),
            parts: [
                "discriminator": Double(losses.discriminator), "adversarial": Double(losses.adversarial),
                "contextual": Double(losses.contextual), "encoder": Double(losses.encoder),
                "re-initialised": hasCollapsed ? 1 : 0,
            ])
    }
}
