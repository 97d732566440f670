import NeuralNets
import TensorCore

/// What a course trains for fine-tuning: the backbone towards fixed Gaussians, judged by drawn defects.
struct FineTuningCourse: Trainee {
    private let options: FineTuningOptions
    private let backbone: Backbone
    private let levels: [GaussianModel.Level]
    private let pictures: ResizedPictures
    private let validation: FineTuningValidation
    private var training: FineTuningStep

    init(
        backbone: Backbone, levels: [GaussianModel.Level], pictures: ResizedPictures,
        validation: FineTuningValidation, options: FineTuningOptions
    ) throws {
        (self.backbone, self.levels, self.pictures) = (backbone, levels, pictures)
        (self.validation, self.options) = (validation, options)
        training = try FineTuningStep(backbone: backbone, levels: levels, options: options)
    }

    /// The course of a fine-tuning: an epoch is kept when it tells drawn defects clearly better than the pretrained network.
    func plan(
        before: FineTuningValidation.Outcome, seed: UInt64, identity: String
    ) -> TrainingCourse<FineTuningCourse>.Plan {
        TrainingCourse.Plan(
            phase: "fine-tuning", lossName: "mean distance", pictures: Array(0..<pictures.count),
            epochs: options.epochs, batchSize: options.batchSize, patience: options.patience, seed: seed,
            toBeat: -(before.mean + options.leastGain),
            identity: "fine-tuning 2 \(options) \(seed) \(identity) \(pictures.digest)",
            remedy: "lower --learning-rate")
    }

    var state: [String: StoredTensor] { training.state.tensors }
    var snapshot: [String: StoredTensor] { training.parameters.stored() }

    mutating func restore(_ state: [String: StoredTensor]) throws {
        training.state = try TrainingState(state, like: training.state)
    }

    /// The backbone with a snapshot's parameters.
    func backbone(with snapshot: [String: StoredTensor]) throws -> Backbone {
        var parameters = training.parameters
        try parameters.load(StoredParameters(snapshot, file: "training"))
        return backbone.with(parameters)
    }

    func learningRate(epoch: Int) -> Double { Double(options.learningRate) }

    mutating func step(_ batch: [Int], at place: CoursePlace) throws -> StepLosses {
        let (pictures, size) = (pictures, options.partSize)
        // A batch in parts, made when they are asked for.
        let parts = stride(from: 0, to: batch.count, by: size).lazy.map { start in
            pictures.input(batch[start..<min(batch.count, start + size)])
        }
        return StepLosses(total: Double(training.update(count: batch.count, parts: parts)))
    }

    func judge(workers: Int) throws -> Judgement {
        let outcome = try validation.outcome(backbone.with(training.parameters), levels: levels, workers: workers)
        return Judgement(penalty: -outcome.mean, validation: outcome)
    }
}
