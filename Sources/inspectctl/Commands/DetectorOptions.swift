import AnomalyDetectors
import ArgumentParser
import Foundation
import InspectionPipeline
import NeuralNets

/// How a detector is made: shared by `fit` and `evaluate`.
struct DetectorOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The detector.", valueName: DetectionMethod.allCases.map(\.rawValue).joined(separator: "|")))
    var method = DetectionMethod.gaussian

    @Option(
        help: ArgumentHelp(
            "The feature extractor: a name of `inspectctl backbone list`, or a .safetensors or .pth file; "
                + "the built-in one by default.", valueName: "name|file"))
    var backbone: String?

    @Option(
        help: ArgumentHelp(
            "Levels of the backbone, separated by commas; its usual ones by default. gaussian: those whose pooled features "
                + "make the image score; grad: those whose maps are represented.",
            valueName: "names"))
    var levels: String?

    @Option(help: ArgumentHelp("Width and height of the network's input, pixels.", valueName: "pixels"))
    var inputSize = 224

    @OptionGroup(title: "gaussian") var gaussian: GaussianArguments
    @OptionGroup(title: "grad") var grad: GRADArguments
    @OptionGroup(title: "fine-tuning") var fineTuning: FineTuningArguments
    @OptionGroup(title: "training") var training: TrainingArguments

    @Option(help: "Orders everything that is drawn at random.")
    var seed: UInt64 = 0

    @Option(help: "Frames worked on side by side; all cores by default.")
    var workers = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        guard (32...1024).contains(inputSize) else {
            throw ValidationError("--input-size must be from 32 to 1024, got \(inputSize)")
        }
        guard (1...256).contains(workers) else {
            throw ValidationError("--workers must be from 1 to 256, got \(workers)")
        }
        try gaussian.refuseUnless(method == .gaussian)
        if fineTuning.fineTune, method != .gaussian {
            throw ValidationError("--fine-tune belongs to --method gaussian")
        }
        try training.refuseUnless(fineTuning.fineTune || method != .gaussian)
        try grad.refuseUnless(method == .grad)
    }

    /// The method with its settings.
    var fittable: any FittableMethod {
        switch method {
        case .gaussian:
            var options = gaussian.options(inputSize: inputSize)
            (options.inputWidth, options.inputHeight, options.levels) = (inputSize, inputSize, levelNames)
            options.fineTuning = fineTuning.options(training)
            return options
        case .grad:
            var options = grad.options(training)
            (options.inputWidth, options.inputHeight, options.taps) = (inputSize, inputSize, levelNames)
            return options
        }
    }

    private var levelNames: [String]? {
        levels.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
    }

    func loadBackbone(_ configuration: Configuration) throws -> Backbone {
        try BackboneCatalog(folder: configuration.backbonesPath).load(backbone)
    }

    func fitting(
        _ configuration: Configuration, rule: CalibrationRule, checkpoint: CheckpointStore? = nil,
        remark: (@Sendable (String) -> Void)? = nil
    ) throws -> ModelFitting {
        ModelFitting(
            backbone: try loadBackbone(configuration), method: fittable, rule: rule, seed: seed, workers: workers,
            checkpoint: checkpoint, remark: remark)
    }
}

/// Which false-alarm rate the thresholds promise.
struct RuleOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Tolerated share of flawless frames called anomalous; the line's, else 0.01.", valueName: "rate"))
    var falseAlarmRate: Double?

    @Option(
        help: ArgumentHelp(
            "Hold the rate with this probability instead of on average; needs more pictures (299 for 0.01 and 0.95).",
            valueName: "probability"))
    var confidence: Double?

    func validate() throws {
        for (name, value) in [("--false-alarm-rate", falseAlarmRate), ("--confidence", confidence)] {
            if let value, !(value > 0 && value < 1) {
                throw ValidationError("\(name) must be above 0 and below 1, got \(value)")
            }
        }
    }

    /// Whether the command line, and not the line's configuration, decides.
    var isExplicit: Bool { falseAlarmRate != nil || confidence != nil }

    func rule(_ line: Configuration.Line?) -> CalibrationRule {
        CalibrationRule(
            rate: falseAlarmRate ?? line?.falseAlarmRate ?? 0.01, confidence: confidence ?? line?.confidence)
    }
}

extension DetectionMethod: ExpressibleByArgument {}
