/// The length of a training.
package enum TrainingEpochs {
    /// Enough epochs for at least this many steps in total: fewer images get more epochs.
    package static func filling(_ steps: Int, batchSize: Int, pictures: Int) -> Int {
        let perEpoch = max(1, (pictures + batchSize - 1) / batchSize)
        return max(1, (steps + perEpoch - 1) / perEpoch)
    }
}
