/// The history of a training, epoch by epoch.
package struct TrainingHistory: Sendable, Equatable {
    package struct Epoch: Codable, Sendable, Equatable {
        /// Mean loss of the steps.
        package var loss: Double
        /// The loss's parts, and the losses trained against it, by name; nil for a loss of one part.
        package var parts: [String: Double]?
        /// Loss of the held-out images after the epoch; nil if there were none.
        package var heldOutLoss: Double?
        package var learningRate: Double
        /// Detection of drawn defects after the epoch, by the statistics of the untrained network and by new ones; nil
        /// for methods that are not judged by drawn defects.
        package var validation, renewed: ValidationOutcome?
        /// The result of a `FittingWork.Watch` after the epoch.
        package var watched: Double?

        enum CodingKeys: String, CodingKey {
            case loss, parts, validation, renewed, watched
            case heldOutLoss = "held_out_loss"
            case learningRate = "learning_rate"
        }
    }

    package var epochs: [Epoch] = []
    /// Index of the epoch whose parameters the model has.
    package var bestEpoch = 0
    /// Images trained on, and held out to judge the epochs.
    package var fitting = 0
    package var heldOut = 0
    /// Whether training ended because the held-out images' loss no longer improved.
    package var stoppedEarly = false
    /// The place of the cached features.
    package var cache = ""
    /// The method's own sections.
    package var sections = ReportSections()

    package init() {}
}

extension TrainingHistory: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case epochs, fitting, cache
        case bestEpoch = "best_epoch"
        case heldOut = "held_out"
        case stoppedEarly = "stopped_early"
    }

    /// The sections are at the top level, each under its own key.
    package func encode(to encoder: any Encoder) throws {
        try sections.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(epochs, forKey: .epochs)
        try container.encode(bestEpoch, forKey: .bestEpoch)
        try container.encode(fitting, forKey: .fitting)
        try container.encode(heldOut, forKey: .heldOut)
        try container.encode(stoppedEarly, forKey: .stoppedEarly)
        try container.encode(cache, forKey: .cache)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        epochs = try container.decode([Epoch].self, forKey: .epochs)
        bestEpoch = try container.decode(Int.self, forKey: .bestEpoch)
        fitting = try container.decode(Int.self, forKey: .fitting)
        heldOut = try container.decode(Int.self, forKey: .heldOut)
        stoppedEarly = try container.decode(Bool.self, forKey: .stoppedEarly)
        cache = try container.decode(String.self, forKey: .cache)
        sections = try ReportSections(from: decoder, besides: CodingKeys.allCases.map(\.rawValue))
    }
}
