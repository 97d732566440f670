import NeuralNets

/// What a `TrainingCourse` takes through its epochs: a network in training on numbered pictures.
package protocol Trainee {
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
    package func judge(workers: Int) throws -> Judgement { Judgement() }
}

/// Where in its course a step is; what a step draws at random depends on this and the seed alone.
package struct CoursePlace {
    package let epoch, step: Int

    package init(epoch: Int, step: Int) { (self.epoch, self.step) = (epoch, step) }

    /// Different for every step of a course.
    package var number: UInt64 { UInt64(epoch) << 32 | UInt64(step) }
}

/// Mean losses over a step's pictures, before its update.
package struct StepLosses {
    package var total: Double
    /// What the loss is made of, and what is trained against it; by the names of the report's curves.
    package var parts: [String: Double]

    package init(total: Double, parts: [String: Double] = [:]) { (self.total, self.parts) = (total, parts) }
}

/// How good an epoch was.
package struct Judgement {
    /// Lower is better; nil to take every epoch as better than the one before.
    package var penalty: Double?
    package var heldOutLoss: Double?
    package var validation: ValidationOutcome?
    /// The same with statistics of the trained network.
    package var renewed: ValidationOutcome?
    /// The number that a `FittingWork.Watch` returned.
    package var watched: Double?

    package init(penalty: Double? = nil, heldOutLoss: Double? = nil, validation: ValidationOutcome? = nil) {
        (self.penalty, self.heldOutLoss, self.validation) = (penalty, heldOutLoss, validation)
    }
}

/// How often pictures are passed over.
package enum TrainingEpochs {
    /// Epochs that take at least so many steps together: few pictures are passed over more often.
    package static func filling(_ steps: Int, batchSize: Int, pictures: Int) -> Int {
        let perEpoch = max(1, (pictures + batchSize - 1) / batchSize)
        return max(1, (steps + perEpoch - 1) / perEpoch)
    }
}
