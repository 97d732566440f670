import ArgumentParser
import DetectionCore

/// The PatchCore-like detector on the command line.
package struct PatchCoreArguments: MethodArguments {
    package typealias Model = PatchCoreModel
    package static let abstract = "Nearest neighbour among remembered patches of flawless images."

    @Option(
        help: ArgumentHelp(
            "Levels of the backbone whose maps give the patches, separated by commas; its usual ones by default.",
            valueName: "names"))
    package var levels: NameList?

    @Option(help: ArgumentHelp("Width and height of the network's input.", valueName: "pixels"))
    package var inputSize = PatchCoreOptions().inputWidth

    @Option(help: ArgumentHelp("At most this many patches in the model.", valueName: "n"))
    package var memory = PatchCoreOptions().memory

    package init() {}

    package mutating func validate() throws {
        try requireRanges([("--input-size", inputSize, 32...1024), ("--memory", memory, 1...20_000)])
    }

    package func method(products: [Product]) -> any FittableMethod {
        var options = PatchCoreOptions()
        (options.inputWidth, options.inputHeight) = (inputSize, inputSize)
        (options.taps, options.memory) = (levels?.names, memory)
        return options
    }
}
