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
            "Levels whose pooled features make the image score, separated by commas; the backbone's usual ones by default.",
            valueName: "names"))
    var levels: String?

    @Option(help: ArgumentHelp("Width and height of the network's input, pixels.", valueName: "pixels"))
    var inputSize = 224

    @Option(
        help: ArgumentHelp(
            "One Gaussian for all positions of the map, or one per position (aligned parts).",
            valueName: GaussianOptions.MapKind.allCases.map(\.rawValue).joined(separator: "|")))
    var map = GaussianOptions.MapKind.tied

    @Option(
        help: ArgumentHelp("Keep the principal components that explain this share of the variance.", valueName: "share")
    )
    var pca: Double?

    @Option(help: ArgumentHelp("Keep the components that explain the least, up to this share.", valueName: "share"))
    var npca: Double?

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
        guard pca == nil || npca == nil else { throw ValidationError("--pca and --npca exclude each other") }
        for (name, share) in [("--pca", pca), ("--npca", npca)] {
            if let share, !(share > 0 && share < 1) {
                throw ValidationError("\(name) must be above 0 and below 1, got \(share)")
            }
        }
    }

    var gaussian: GaussianOptions {
        var options = GaussianOptions()
        options.inputWidth = inputSize
        options.inputHeight = inputSize
        options.levels = levels.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
        options.map = map
        options.reduction = pca.map { .pca($0) } ?? npca.map { .npca($0) } ?? .none
        return options
    }

    func loadBackbone(_ configuration: Configuration) throws -> Backbone {
        try BackboneCatalog(folder: configuration.backbonesPath).load(backbone)
    }

    func fitting(_ configuration: Configuration, rule: CalibrationRule) throws -> ModelFitting {
        ModelFitting(
            backbone: try loadBackbone(configuration), method: gaussian, rule: rule, seed: seed, workers: workers)
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
extension GaussianOptions.MapKind: ExpressibleByArgument {}
