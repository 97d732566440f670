import ArgumentParser
import DetectionCore

/// Fine-tuning of the Gaussian detector's backbone on the command line.
package struct FineTuningArguments: ParsableArguments {
    @Flag(
        help: """
            Fine-tune the backbone on the flawless images; drawn defects decide when to stop and whether the result is \
            used.
            """)
    package var fineTune = false

    @Option(
        help: ArgumentHelp("At most this many epochs; \(FineTuningOptions().epochs) by default.", valueName: "n")
    )
    package var epochs: Int?

    @Option(
        help: ArgumentHelp(
            "Stop after this many epochs without improvement in validation; 0 never stops early; "
                + "\(FineTuningOptions().patience) by default.", valueName: "epochs"))
    package var patience: Int?

    @Option(
        help: ArgumentHelp("Learning rate; \(FineTuningOptions().learningRate) by default.", valueName: "rate"))
    package var learningRate: Double?

    @Option(
        help: ArgumentHelp(
            "Stages of the backbone that are trained, separated by commas (features.4,features.5); all by default.",
            valueName: "names"))
    package var stages: NameList?

    @Option(
        help: ArgumentHelp(
            "Augmentation of the training images, separated by commas (\(ImageAugmentation.names)), or none; "
                + "\(ImageAugmentation.text(FineTuningOptions().augmentation)) by default.", valueName: "kinds"))
    package var augment: ImageAugmentations?

    package init() {}

    package mutating func validate() throws {
        try requireRanges([("--epochs", epochs, 1...10_000), ("--patience", patience, 0...10_000)])
        if let learningRate, !(learningRate > 0 && learningRate <= 1) {
            throw ValidationError("--learning-rate must be above 0 and at most 1, got \(learningRate)")
        }
        let given = [
            ("--epochs", epochs != nil), ("--patience", patience != nil), ("--learning-rate", learningRate != nil),
            ("--stages", stages != nil), ("--augment", augment != nil),
        ]
        if let first = given.first(where: \.1), !fineTune { throw ValidationError("\(first.0) needs --fine-tune") }
    }

    /// Nil without `--fine-tune`.
    package var options: FineTuningOptions? {
        guard fineTune else { return nil }
        var options = FineTuningOptions()
        if let learningRate { options.learningRate = Float(learningRate) }
        if let epochs { options.epochs = epochs }
        if let patience { options.patience = patience }
        if let augment { options.augmentation = augment.kinds }
        options.stages = stages?.names
        return options
    }
}

/// `flips,brightness`, or `none`.
package struct ImageAugmentations: ExpressibleByArgument {
    package let kinds: Set<ImageAugmentation>

    package init?(argument: String) {
        if argument == "none" {
            kinds = []
            return
        }
        guard let list = NameList(argument: argument) else { return nil }
        let kinds = list.names.compactMap(ImageAugmentation.init(rawValue:))
        guard kinds.count == list.names.count else { return nil }
        self.kinds = Set(kinds)
    }
}

extension ImageAugmentation {
    static let names = text(Set(allCases))

    static func text(_ kinds: Set<ImageAugmentation>) -> String {
        kinds.isEmpty ? "none" : allCases.filter(kinds.contains).map(\.rawValue).joined(separator: ",")
    }
}
