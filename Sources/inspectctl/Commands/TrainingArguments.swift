import AnomalyDetectors
import ArgumentParser

/// What every method that trains takes.
struct TrainingArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Passes over the pictures, at most (fine-tuning: \(FineTuningOptions().epochs) by default).", valueName: "n"
        )
    )
    var epochs: Int?

    @Option(
        help: ArgumentHelp(
            "Stop when pictures kept apart have not been judged better for so many epochs; 0 never stops early (GRAD then "
                + "keeps none apart); by default \(FineTuningOptions().patience) for fine-tuning, an eighth of the epochs "
                + "for GRAD.", valueName: "epochs"))
    var patience: Int?

    func validate() throws {
        try requireRanges([("--epochs", epochs, 1...10_000), ("--patience", patience, 0...10_000)])
    }

    func refuseUnless(_ trains: Bool) throws {
        let given = [("--epochs", epochs != nil), ("--patience", patience != nil)]
        guard !trains, let first = given.first(where: \.1) else { return }
        throw ValidationError("\(first.0) needs a method that trains: --fine-tune, or another --method")
    }
}

/// Fine-tuning of the Gaussian detector's backbone.
struct FineTuningArguments: ParsableArguments {
    @Flag(
        help: """
            Fine-tune the backbone on the flawless pictures (Gaussian detector); drawn defects decide when to stop, and \
            whether anything was gained.
            """)
    var fineTune = false

    @Option(
        help: ArgumentHelp(
            "Fine-tuning's learning rate; \(FineTuningOptions().learningRate) by default.", valueName: "rate")
    )
    var learningRate: Double?

    @Option(
        help: ArgumentHelp(
            "Stages of the backbone that fine-tuning changes, separated by commas (features.4,features.5); all by default.",
            valueName: "names"))
    var stages: String?

    @Option(
        help: ArgumentHelp(
            "What is done to the training pictures, separated by commas (\(PictureAugmentation.names)), or none; "
                + "\(PictureAugmentation.text(FineTuningOptions().augmentation)) by default.", valueName: "kinds"))
    var augment: PictureAugmentations?

    func validate() throws {
        if let learningRate, !(learningRate > 0 && learningRate <= 1) {
            throw ValidationError("--learning-rate must be above 0 and at most 1, got \(learningRate)")
        }
        let given = [
            ("--learning-rate", learningRate != nil), ("--stages", stages != nil), ("--augment", augment != nil),
        ]
        for (name, isGiven) in given where isGiven && !fineTune {
            throw ValidationError("\(name) belongs to --fine-tune")
        }
    }

    /// Nil when nothing is to be fine-tuned.
    func options(_ training: TrainingArguments) -> FineTuningOptions? {
        guard fineTune else { return nil }
        var options = FineTuningOptions()
        if let learningRate { options.learningRate = Float(learningRate) }
        if let epochs = training.epochs { options.epochs = epochs }
        if let patience = training.patience { options.patience = patience }
        if let augment { options.augmentation = augment.kinds }
        options.stages = stages?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        return options
    }
}

/// `flips,brightness`, or `none`.
struct PictureAugmentations: ExpressibleByArgument {
    let kinds: Set<PictureAugmentation>

    init?(argument: String) {
        if argument == "none" {
            kinds = []
            return
        }
        let names = argument.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let kinds = names.compactMap(PictureAugmentation.init(rawValue:))
        guard !kinds.isEmpty, kinds.count == names.count else { return nil }
        self.kinds = Set(kinds)
    }
}

extension PictureAugmentation {
    static let names = text(Set(allCases))

    static func text(_ kinds: Set<PictureAugmentation>) -> String {
        kinds.isEmpty ? "none" : allCases.filter(kinds.contains).map(\.rawValue).joined(separator: ",")
    }
}
