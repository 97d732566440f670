import ArgumentParser
import DetectionMethods

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measures a detector on a data set with known defects.",
        discussion: """
            The data set has the MVTec AD layout: train/good, optionally validation/good, test/good, test/<defect>, \
            ground_truth/<defect>/<stem>_mask.png (or <stem>.png; any value, colour or palette index above 0 is \
            defective). Fits on train, calibrates on validation (or as fit does without --calibration) and tests; with \
            --model, only tests, with that model's calibration. Other layouts are GANomaly's (train/0.normal, \
            test/0.normal and test/1.abnormal) and class folders (train/<class> and test/<class>), with the normal \
            classes given by --one-class, --abnormal-class or --known.

              inspectctl evaluate magnetic_tile --backbone mobilenetv1.safetensors --plots plots --json report.json
              inspectctl evaluate magnetic_tile --model tile
              inspectctl evaluate gradcon cifar10 --one-class airplane
              inspectctl evaluate odin cifar10 --known airplane,automobile,bird,cat,deer

            Without a method's name, the Gaussian detector is evaluated. Give a data set in a folder named like a \
            method with its path (./grad).
            """,
        subcommands: MethodRegistry.methods.map { subcommand($0) },
        defaultSubcommand: subcommand(MethodRegistry.methods[0]))

    private static func subcommand<Method: MethodArguments>(_: Method.Type) -> any ParsableCommand.Type {
        Method.takesBackbone ? EvaluateMethod<Method, BackboneArguments>.self : EvaluateMethod<Method, NoBackbone>.self
    }
}
