import ArgumentParser
import DetectionCore
import DetectionMethods
import Foundation
import InspectionPipeline
import NeuralNets

/// What every method's fit takes.
struct FittingArguments: ParsableArguments {
    @OptionGroup var intensity: IntensityArguments

    @Option(help: "Seeds everything that is drawn at random.")
    var seed: UInt64 = 0

    @Option(help: "Frames worked on side by side; all cores by default.")
    var workers = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws { try requireRanges([("--workers", workers, 1...256)]) }
}

/// The backbone of a fit, for the methods that can stand on one.
protocol BackboneChoice: ParsableArguments {
    /// A name or a file; nil for the built-in one.
    var backbone: String? { get }
}

/// `--backbone`.
struct BackboneArguments: BackboneChoice {
    @Option(
        help: ArgumentHelp(
            "The feature extractor: a name of `inspectctl backbone list`, or a .safetensors or .pth file; "
                + "the built-in one by default.", valueName: "name|file"), completion: .backbonesAndFiles)
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
        guard choice.backbone == nil || method.takesBackbone else {
            throw ValidationError("--backbone does not go with these options of \(Method.name): its network is its own")
        }
    }

    /// - Parameter method: other options than the command line's.
    func fitting(
        _ configuration: Configuration, rule: CalibrationRule, method: Method? = nil, products: [Product] = [],
        checkpoint: CheckpointStore? = nil, remark: (@Sendable (String) -> Void)? = nil
    ) throws -> ModelFitting {
        ModelFitting(
            backbone: try BackboneCatalog(folder: configuration.backbonesPath).load(choice.backbone),
            method: (method ?? self.method).method(products: products), rule: rule, seed: fitting.seed,
            workers: fitting.workers, checkpoint: checkpoint, remark: remark)
    }
}
