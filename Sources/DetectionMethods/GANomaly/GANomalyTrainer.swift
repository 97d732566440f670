import DetectionCore
import NeuralNets
import SeededRandom
import TensorCore

extension GANomalyOptions: FittableMethod {
    package func fit(_ frames: FrameSource, backbone: Backbone, work: FittingWork) throws -> FittedDetector {
        guard GANomalyNetwork.fits(side: network.side) else {
            throw ModelError(
                "GANomaly needs an input side that is a multiple of 16 from \(GANomalyNetwork.sides.lowerBound) to "
                    + "\(GANomalyNetwork.sides.upperBound), got \(network.side)")
        }
        guard frames.count >= 2 else {
            throw ModelError("GANomaly needs at least 2 images, there \(frames.count == 1 ? "is 1" : "are none")")
        }
        let pictures = try ResizedImages(
            frames, width: network.side, height: network.side, normalization: Self.normalization, work: work)
        var course = TrainingCourse(
            try GANomalyCourse(options: self, pictures: pictures),
            TrainingCourse.Plan(
                pictures: Array(0..<pictures.count),
                epochs: epochs
                    ?? TrainingEpochs.filling(Self.defaultSteps, batchSize: batchSize, pictures: pictures.count),
                batchSize: batchSize, seed: seed, leavesOutSingles: true,
                identity: "ganomaly 1 \(self) \(pictures.digest)",
                remedy: "check for images without content (inspectctl dataset check)"))
        try course.run(work)
        let model = try GANomalyModel(network: network, parameters: course.best ?? [:])
        return FittedDetector(model: model, history: course.history)
    }
}

/// The subject of a GANomaly training.
struct GANomalyCourse: Trainee {
    private let options: GANomalyOptions
    private let pictures: ResizedImages
    private var training: GANomalyTraining

    init(options: GANomalyOptions, pictures: ResizedImages) throws {
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
