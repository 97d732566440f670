import ArgumentParser
import DetectionCore
import DetectionMethods
import Foundation
import InspectionPipeline
import NeuralNets

/// Options of every method's fit.
struct FittingArguments: ParsableArguments {
    @OptionGroup var intensity: IntensityArguments

    @Option(help: "The seed of all random numbers.")
    var seed: UInt64 = 0

    @Option(help: "Images processed in parallel; as many as cores by default.")
    var workers = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws { try requireRanges([("--workers", workers, 1...256)]) }
}

/// The backbone of a fit, for methods that use one.
protocol BackboneChoice: ParsableArguments {
    /// A name or a file; nil for the embedded backbone.
    var backbone: String? { get }
}

/// `--backbone`.
struct BackboneArguments: BackboneChoice {
    @Option(
        help: ArgumentHelp(
            "The backbone: a name of `inspectctl backbone list`, or a .safetensors or .pth file; "
                + "the embedded one by default.", valueName: "name|file"), completion: .backbonesAndFiles)
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
            throw ValidationError(
                "--backbone cannot be combined with these options of \(Method.name), which uses its own network")
        }
    }

    /// - Parameter method: options that replace the command line's.
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
