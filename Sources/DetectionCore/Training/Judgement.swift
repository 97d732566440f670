/// The quality of an epoch.
package struct Judgement {
    /// Lower is better; nil if every epoch counts as better than the previous one.
    package var penalty: Double?
    package var heldOutLoss: Double?
    package var validation: ValidationOutcome?
    /// The same with statistics of the trained network.
    package var renewed: ValidationOutcome?
    /// The result of a `FittingWork.Watch`.
    package var watched: Double?

    package init(penalty: Double? = nil, heldOutLoss: Double? = nil, validation: ValidationOutcome? = nil) {
        (self.penalty, self.heldOutLoss, self.validation) = (penalty, heldOutLoss, validation)
    }
}
