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
                + "the built-in one by default.", valueName: "name|file"), completion: .backbonesAndFiles)
    var backbone: String?

    @Option(
        help: ArgumentHelp(
            "Levels of the backbone, separated by commas; its usual ones by default. gaussian: those whose pooled features "
                + "make the image score; grad: those whose maps are represented.",
            valueName: "names"))
    var levels: String?

    @Option(
        help: ArgumentHelp(
            "Width and height of the network's input, pixels; by default 224 on a backbone, "
                + "\(GANomalyOptions().network.side) for ganomaly (multiples of 16), \(GradConOptions().inputWidth) for "
                + "gradcon (or multiples of 16), 32 for odin's own networks, 112 for its linear one.",
            valueName: "pixels"))
    var inputSize: Int?

    @OptionGroup(title: "gaussian") var gaussian: GaussianArguments
    @OptionGroup(title: "grad") var grad: GRADArguments
    @OptionGroup(title: "ganomaly") var ganomaly: GANomalyArguments
    @OptionGroup(title: "gradcon") var gradcon: GradConArguments
    @OptionGroup(title: "odin") var odin: ODINArguments
    @OptionGroup(title: "fine-tuning") var fineTuning: FineTuningArguments
    @OptionGroup(title: "training") var training: TrainingArguments

    @OptionGroup var intensity: IntensityArguments

    @Option(help: "Orders everything that is drawn at random.")
    var seed: UInt64 = 0

    @Option(help: "Frames worked on side by side; all cores by default.")
    var workers = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        try validateInputSize()
        try requireRanges([("--workers", workers, 1...256)])
        try gaussian.refuseUnless(method == .gaussian)
        if fineTuning.fineTune, method != .gaussian {
            throw ValidationError("--fine-tune belongs to --method gaussian")
        }
        try training.refuseUnless(fineTuning.fineTune || method != .gaussian)
        try grad.refuseUnless(method == .grad)
        try ganomaly.refuseUnless(method == .ganomaly)
        try gradcon.refuseUnless(method == .gradcon)
        try odin.refuseUnless(method == .odin)
        try validateNetwork()
    }

    private func validateInputSize() throws {
        let isAllowed: Bool, allowed: String
        switch method {
        case .gaussian, .grad, .odin: (isAllowed, allowed) = ((32...1024).contains(size), "from 32 to 1024")
        case .ganomaly:
            (isAllowed, allowed) = (GANomalyNetwork.fits(side: size), "a multiple of 16 from 32 to 256 for ganomaly")
        case .gradcon:
            (isAllowed, allowed) = (
                size <= 1024 && ConvolutionalAutoencoder.fits(height: size, width: size),
                "28, or a multiple of 16 up to 1024, for gradcon"
            )
        }
        guard isAllowed else { throw ValidationError("--input-size must be \(allowed), got \(size)") }
    }

    /// Methods with a network of their own take no backbone, and go through all their epochs.
    private func validateNetwork() throws {
        guard ![.gaussian, .grad].contains(method) else { return }
        let isOnBackbone = method == .odin && odin.usesBackbone
        let given = [
            ("--backbone", backbone != nil && !isOnBackbone), ("--levels", levels != nil && !isOnBackbone),
            ("--patience", training.patience != nil),
        ]
        if let first = given.first(where: \.1) {
            throw ValidationError("\(first.0) does not go with --method \(method.rawValue)")
        }
    }

    /// The network's input: as given, or the method's own.
    private var size: Int {
        if let inputSize { return inputSize }
        switch method {
        case .gaussian, .grad: return 224
        case .ganomaly: return GANomalyOptions().network.side
        case .gradcon: return GradConOptions().inputWidth
        case .odin: return odin.side
        }
    }

    /// The method with its settings.
    /// - Parameter products: what a gate learns to tell apart.
    func fittable(_ products: [ODINOptions.Product]) -> any FittableMethod {
        switch method {
        case .gaussian:
            var options = gaussian.options(inputSize: size)
            (options.inputWidth, options.inputHeight, options.levels) = (size, size, levelNames)
            options.fineTuning = fineTuning.options(training)
            return options
        case .grad:
            var options = grad.options(training)
            (options.inputWidth, options.inputHeight, options.taps) = (size, size, levelNames)
            return options
        case .ganomaly: return ganomaly.options(training, side: size)
        case .gradcon: return gradcon.options(training, side: size)
        case .odin: return odin.options(training, side: size, levels: levelNames, products: products)
        }
    }

    private var levelNames: [String]? {
        levels.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
    }

    func loadBackbone(_ configuration: Configuration) throws -> Backbone {
        try BackboneCatalog(folder: configuration.backbonesPath).load(backbone)
    }

    func fitting(
        _ configuration: Configuration, rule: CalibrationRule, products: [ODINOptions.Product] = [],
        checkpoint: CheckpointStore? = nil, remark: (@Sendable (String) -> Void)? = nil
    ) throws -> ModelFitting {
        ModelFitting(
            backbone: try loadBackbone(configuration), method: fittable(products), rule: rule, seed: seed,
            workers: workers,
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
