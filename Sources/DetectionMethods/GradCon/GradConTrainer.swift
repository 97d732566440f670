import DetectionCore
import NeuralNets
import TensorCore

extension GradConOptions: FittableMethod {
    package func fit(_ frames: FrameSource, backbone: Backbone, work: FittingWork) throws -> FittedDetector {
        guard ConvolutionalAutoencoder.fits(height: inputHeight, width: inputWidth) else {
            throw ModelError("GradCon needs an input of 28×28, or of multiples of 16, got \(inputWidth)×\(inputHeight)")
        }
        let pictures = try ResizedImages(
            frames, width: inputWidth, height: inputHeight, normalization: Self.normalization, work: work)
        let network = ConvolutionalAutoencoder(height: inputHeight, width: inputWidth)
        var course = TrainingCourse(
            try GradConCourse(network: network, options: self, pictures: pictures),
            TrainingCourse.Plan(
                pictures: Array(0..<pictures.count),
                epochs: epochs
                    ?? TrainingEpochs.filling(
                        Self.defaultSteps, batchSize: batchSize, pictures: pictures.count),
                batchSize: batchSize, seed: seed, identity: "gradcon 1 \(self) \(pictures.digest)",
                remedy: "check for images without content (inspectctl dataset check)"))
        try course.run(work)
        let best = course.best ?? [:]
        let model = try GradConModel(
            network: network, parameters: best, references: best, scoreWeight: scoreWeight)
        return FittedDetector(model: model, history: course.history)
    }
}

/// The subject of a GradCon training.
struct GradConCourse: Trainee {
    private let options: GradConOptions
    private let pictures: ResizedImages
    private var training: GradConTraining

    init(network: ConvolutionalAutoencoder, options: GradConOptions, pictures: ResizedImages) throws {
        (self.options, self.pictures) = (options, pictures)
        training = try GradConTraining(
            network: network, parameters: InitialParameters(seed: options.seed), learningRate: options.learningRate,
            weight: options.alignmentWeight)
    }

    var state: [String: StoredTensor] { training.state }
    var snapshot: [String: StoredTensor] {
        training.stored().merging(GradConModel.stored(training.references)) { $1 }
    }

    mutating func restore(_ state: [String: StoredTensor]) throws { try training.restore(state) }

    func learningRate(epoch: Int) -> Double { Double(options.learningRate) }

    mutating func step(_ batch: [Int], at place: CoursePlace) throws -> StepLosses {
        let losses = training.step(pictures.input(batch))
        return StepLosses(
            total: Double(losses.total),
            parts: [
                "reconstruction error": Double(losses.error), "gradients' alignment": Double(losses.alignment),
            ])
    }
}
