import ArgumentParser
import DetectionMethods

struct FitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Fits a model on images of flawless parts, and calibrates it.",
        discussion: """
            With --line, the model is stored as the next version of the line's model, and a running daemon uses it \
            from the next frame on. With --output, it is written to a file for `inspectctl inspect`. Images are read \
            from the folders and their subfolders. Without --calibration, the Gaussian detector scores \
            each image without its part; for the other methods a fifth of the images is held out for \
            calibration, images of the same part together. An interrupted fit resumes when the same command is run \
            again.

              inspectctl fit --line plate --normal /data/plate/good
              inspectctl fit grad --line plate --fusion basic --normal /data/plate/good
              inspectctl fit grad --line plate --line bottle --normal /data/plate --normal /data/bottle
              inspectctl fit --normal good --calibration good2 --output plate.model
              inspectctl fit odin --line plate --class plate=/data/plate --class bottle=/data/bottle

            Without a method's name, the Gaussian detector is fitted. `inspectctl fit METHOD --help` lists the \
            method's options. The last example fits the line's product gate, which recognises a wrong product before \
            the line's model inspects the frame; it is stored under the gate's name in the line's configuration.
            """,
        subcommands: MethodRegistry.methods.map { subcommand($0) },
        defaultSubcommand: subcommand(MethodRegistry.methods[0]))

    private static func subcommand<Method: MethodArguments>(_: Method.Type) -> any ParsableCommand.Type {
        Method.takesBackbone ? FitMethod<Method, BackboneArguments>.self : FitMethod<Method, NoBackbone>.self
    }
}
