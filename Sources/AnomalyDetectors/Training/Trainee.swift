import NeuralNets

/// What a `TrainingCourse` takes through its epochs: a network in training on numbered pictures.
protocol Trainee {
    /// Everything that the next step depends on, bit for bit.
    var state: [String: StoredTensor] { get }
    /// Goes back to a state that `state` gave.
    /// - Throws: `WeightError` when it is of another network, or incomplete.
    mutating func restore(_ state: [String: StoredTensor]) throws
    /// The parameters a model would be made of now.
    var snapshot: [String: StoredTensor] { get }
    /// One update on these pictures.
    mutating func step(_ batch: [Int], at place: CoursePlace) throws -> StepLosses
    /// Judges the epoch that ends here.
    func judge(workers: Int) throws -> Judgement
    /// Of an epoch, for the report.
    func learningRate(epoch: Int) -> Double
}

extension Trainee {
    /// Without pictures to judge by, the last epoch is the one.
    func judge(workers: Int) throws -> Judgement { Judgement() }
}

/// Where in its course a step is; what a step draws at random depends on this and the seed alone.
struct CoursePlace {
    let epoch, step: Int
    /// Different for every step of a course.
    var number: UInt64 { UInt64(epoch) << 32 | UInt64(step) }
}

/// Mean losses over a step's pictures, before its update.
struct StepLosses {
    var total: Double
    /// What the loss is made of, and what is trained against it; by the names of the report's curves.
    var parts: [String: Double] = [:]
}

/// How good an epoch was.
struct Judgement {
    /// Lower is better; nil to take every epoch as better than the one before.
    var penalty: Double?
    var heldOutLoss: Double?
    var validation: FineTuningValidation.Outcome?
    /// The same with Gaussians of the tuned features.
    var renewed: FineTuningValidation.Outcome?
    /// What a `FittingWork.Watch` saw.
    var watched: Double?
}

/// How often pictures are passed over.
enum TrainingEpochs {
    /// Epochs that take at least so many steps together: few pictures are passed over more often.
    static func filling(_ steps: Int, batchSize: Int, pictures: Int) -> Int {
        let perEpoch = max(1, (pictures + batchSize - 1) / batchSize)
        return max(1, (steps + perEpoch - 1) / perEpoch)
    }
}
