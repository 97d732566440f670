import DetectionCore
import NeuralNets
import SeededRandom
import TensorCore

/// The subject of a fine-tuning: the backbone, trained towards fixed Gaussians and judged by drawn defects.
struct FineTuningCourse: Trainee {
    private let options: FineTuningOptions
    private let seed: UInt64
    private let backbone: Backbone
    private let pictures: ResizedImages
    private let judge: FineTuningJudge
    private var training: FineTuningStep

    init(
        backbone: Backbone, pictures: ResizedImages, judge: FineTuningJudge, options: FineTuningOptions, seed: UInt64
    ) throws {
        (self.backbone, self.pictures, self.judge) = (backbone, pictures, judge)
        (self.options, self.seed) = (options, seed)
        training = try FineTuningStep(backbone: backbone, levels: judge.fixed, options: options)
    }

    /// The plan of a fine-tuning: an epoch is kept if it separates drawn defects significantly better than the
    /// pretrained network.
    func plan(identity: String) -> TrainingCourse<FineTuningCourse>.Plan {
        TrainingCourse.Plan(
            phase: "fine-tuning", lossName: "mean distance", pictures: Array(0..<pictures.count),
            epochs: options.epochs, batchSize: options.batchSize, patience: options.patience, seed: seed, toBeat: 0,
            identity: "fine-tuning 3 \(options.identity) \(seed) \(identity) \(pictures.digest)",
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
        // Random numbers depend only on the position, so that an interrupted training resumes without a difference.
        var generator = SplitMix64(seed: seed &* 0x9e37_79b9_7f4a_7c15 ^ place.number)
        // A batch in parts, made on demand.
        let parts = stride(from: 0, to: batch.count, by: size).lazy.map { [options] start in
            options.augmentation.apply(
                to: pictures.input(batch[start..<min(batch.count, start + size)]), pictures.normalization,
                using: &generator)
        }
        return StepLosses(total: Double(training.update(count: batch.count, parts: parts)))
    }

    func judge(workers: Int) throws -> Judgement {
        let verdict = try judge.verdict(on: backbone.with(training.parameters), workers: workers)
        var judgement = Judgement(penalty: -verdict.surelyGained, validation: verdict.withFixed)
        (judgement.renewed, judgement.watched) = (verdict.withRenewed, try judge.watch(verdict, workers: workers))
        return judgement
    }
}
