import ArgumentParser
import DetectionCore
import DetectionMethods
import Foundation
import InspectionPipeline
import NeuralNets

/// Options of every method's fit.
struct FittingArguments: ParsableArguments {
    @OptionGroup var intensity: IntensityArguments

    @Option(
        help: ArgumentHelp(
            "Without separate calibration images: calibrate on all images, each scored under a model that is fitted "
                + "without its fold (this many folds of whole parts), or with none on a fifth that is held out. By default "
                + "a fold for each part where the method computes that in closed form, five for fits of seconds, none "
                + "otherwise.",
            valueName: "n|none"))
    var calibrationFolds = CalibrationFolds.automatic

    @Option(help: "The seed of all random numbers.")
    var seed: UInt64 = 0

    @Option(help: "Images processed in parallel; as many as cores by default.")
    var workers = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws { try requireRanges([("--workers", workers, 1...256)]) }
}

/// The backbone of a fit, for methods that use one.
protocol BackboneChoice: ParsableArguments {
    /// A name or a file; nil for the default backbone.
    var backbone: String? { get }
}

/// `--backbone`.
struct BackboneArguments: BackboneChoice {
    @Option(
        help: ArgumentHelp(
            "The backbone: a name of `inspectctl backbone list`, or a .safetensors or .pth file; "
                + "\(BackboneCatalog.defaultName) by default, or the built-in one where that is not installed.",
            valueName: "name|file"), completion: .backbonesAndFiles)
    var backbone: String?
}

/// For methods with a network of their own.
struct NoBackbone: BackboneChoice {
    var backbone: String? { nil }
}

/// A method with the options of its subcommand, as `fit` and `evaluate` use it.
struct ChosenMethod<Method: MethodArguments, Choice: BackboneChoice>: ParsableArguments {
    @OptionGroup(title: Method.name) var method: Method
    @OptionGroup var choice: Choice
    @OptionGroup var fitting: FittingArguments

    func validate() throws {
        guard !Method.isGate || fitting.calibrationFolds == .automatic else {
            throw ValidationError("--calibration-folds cannot be combined with \(Method.name), which gates products")
        }
        guard choice.backbone == nil || method.takesBackbone else {
            throw ValidationError(
                "--backbone cannot be combined with these options of \(Method.name), which uses its own network")
        }
    }

    /// - Parameter method: options that replace the command line's.
    func fitting(
        _ configuration: Configuration, rule: CalibrationRule, method: Method? = nil, products: [Product] = [],
        checkpoint: CheckpointStore? = nil, remark: (@Sendable (String) -> Void)? = nil
    ) throws -> ModelFitting {
        let catalog = BackboneCatalog(folder: configuration.backbonesPath)
        if choice.backbone == nil, (method ?? self.method).takesBackbone, Choice.self != NoBackbone.self,
            let missing = try catalog.missingDefault
        {
            remark?(missing)
        }
        var fitting = ModelFitting(
            backbone: try catalog.load(choice.backbone),
            method: (method ?? self.method).method(products: products), rule: rule, seed: self.fitting.seed,
            workers: self.fitting.workers, checkpoint: checkpoint, remark: remark)
        fitting.folds = self.fitting.calibrationFolds
        return fitting
    }
}

extension CalibrationFolds: ExpressibleByArgument {
    public init?(argument: String) {
        switch (argument, Int(argument)) {
        case ("none", _): self = .none
        case (_, let count?) where count >= 2: self = .count(count)
        default: return nil
        }
    }

    public var defaultValueDescription: String { "" }
}
