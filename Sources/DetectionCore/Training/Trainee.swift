import NeuralNets

/// A network in training on numbered images, as `TrainingCourse` takes it through the epochs.
package protocol Trainee {
    /// The complete state that the next step depends on, bit for bit.
    var state: [String: StoredTensor] { get }
    /// Restores a state from `state`.
    /// - Throws: `WeightError` if it belongs to another network or is incomplete.
    mutating func restore(_ state: [String: StoredTensor]) throws
    /// The parameters of a model made now.
    var snapshot: [String: StoredTensor] { get }
    /// One update on these images.
    mutating func step(_ batch: [Int], at place: CoursePlace) throws -> StepLosses
    /// Judges the epoch that ends here.
    func judge(workers: Int) throws -> Judgement
    /// The learning rate of an epoch, for the report.
    func learningRate(epoch: Int) -> Double
}

extension Trainee {
    /// Without images to judge by, the last epoch is the one.
    package func judge(workers: Int) throws -> Judgement { Judgement() }
}

/// The position of a step in the training; a step's random numbers depend only on this and the seed.
package struct CoursePlace {
    package let epoch, step: Int

    package init(epoch: Int, step: Int) { (self.epoch, self.step) = (epoch, step) }

    /// Different for every step of a training.
    package var number: UInt64 { UInt64(epoch) << 32 | UInt64(step) }
}

/// Mean losses over a step's images, before its update.
package struct StepLosses {
    package var total: Double
    /// The loss's parts and the losses trained against it, by the names of the report's curves.
    package var parts: [String: Double]

    package init(total: Double, parts: [String: Double] = [:]) { (self.total, self.parts) = (total, parts) }
}
