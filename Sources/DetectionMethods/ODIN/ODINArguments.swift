import ArgumentParser
import DetectionCore
import Foundation

/// The ODIN product gate on the command line.
package struct ODINArguments: MethodArguments {
    package typealias Model = ODINModel
    package static let abstract = "A product gate: recognises a wrong product before a line's model inspects the frame."

    package enum Network: String, CaseIterable, ExpressibleByArgument {
        case denseNet = "densenet"
        case wideResNet = "wide-resnet"
        case linear
    }

    @Option(
        name: .customLong("class"),
        help: ArgumentHelp(
            "A product to recognise, and the folder of its images; at least two.",
            valueName: "name=folder"))
    package var classes: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Folders of images without a known product, for the choice of the perturbation; by default each "
                + "product in turn counts as unknown.", valueName: "folder"), completion: .directory)
    package var unknown: [String] = []

    @Option(
        help: ArgumentHelp(
            "The classifier: trained on the images, or a linear layer on the frozen backbone.",
            valueName: Network.allCases.map(\.rawValue).joined(separator: "|")))
    package var network = Network.denseNet

    @Option(
        help: ArgumentHelp(
            "Levels of the backbone below the linear classifier, separated by commas; its usual ones by default.",
            valueName: "names"))
    package var levels: NameList?

    @Option(
        help: ArgumentHelp(
            "Width and height of the network's input; \(ODINOptions().inputWidth) by default, 112 for the linear classifier.",
            valueName: "pixels"))
    package var inputSize: Int?

    @Option(help: ArgumentHelp("Layers, 6n + 4; 40 (densenet) or 16 (wide-resnet) by default.", valueName: "n"))
    package var depth: Int?

    @Option(help: ArgumentHelp("Channels that each layer of densenet adds; 12 by default.", valueName: "n"))
    package var growth: Int?

    @Option(help: ArgumentHelp("Channels of wide-resnet relative to the plain one; 2 by default.", valueName: "n"))
    package var widen: Int?

    @Option(help: ArgumentHelp("The divisor of the logits.", valueName: "number"))
    package var temperature = ODINOptions().temperature

    @Option(help: ArgumentHelp("Epochs; by default enough for 2,000 steps.", valueName: "n"))
    package var epochs: Int?

    package init() {}

    package var takesBackbone: Bool { network == .linear }

    package mutating func validate() throws {
        if let depth, !(10...256).contains(depth) || !(depth - 4).isMultiple(of: 6) {
            throw ValidationError("--depth must be 6n + 4 from 10 to 256, as in 40; got \(depth)")
        }
        try requireRanges([
            ("--growth", growth, 1...64), ("--widen", widen, 1...16), ("--epochs", epochs, 1...10_000),
            ("--input-size", inputSize, 32...1024),
        ])
        guard temperature > 0, temperature <= 1e6 else {
            throw ValidationError("--temperature must be above 0 and at most 1000000, got \(temperature)")
        }
        for (name, isGiven, networks) in [
            ("--depth", depth != nil, [Network.denseNet, .wideResNet]), ("--growth", growth != nil, [.denseNet]),
            ("--widen", widen != nil, [.wideResNet]), ("--levels", levels != nil, [.linear]),
        ] where isGiven && !networks.contains(network) {
            throw ValidationError("\(name) cannot be combined with --network \(network.rawValue)")
        }
        guard Set(try products.map(\.name)).count == classes.count else {
            throw ValidationError("two --class have the same name")
        }
        try refuseFoldersInOneAnother()
    }

    /// Refuses nested folders: an image of two products teaches nothing, and could be in both the fit and the
    /// calibration.
    private func refuseFoldersInOneAnother() throws {
        let paths = try products.map { URL(fileURLWithPath: $0.folder).resolvingSymlinksInPath().path + "/" }
        for (inner, path) in paths.enumerated() {
            guard let outer = paths.indices.first(where: { $0 != inner && path.hasPrefix(paths[$0]) }) else { continue }
            throw ValidationError(
                "--class \(classes[inner]) lies in the folder of --class \(classes[outer]): give each product its "
                    + "own folder")
        }
    }

    /// The products of `--class`.
    package var products: [Product] {
        get throws {
            try classes.map { text in
                let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                    throw ValidationError("--class needs NAME=FOLDER, got '\(text)'")
                }
                // The prefix of the images' paths: without a slash at the end.
                let folder = parts[1].count > 1 && parts[1].hasSuffix("/") ? String(parts[1].dropLast()) : parts[1]
                return Product(name: parts[0], folder: folder)
            }
        }
    }

    package func method(products: [Product]) -> any FittableMethod {
        var options = ODINOptions()
        let side = inputSize ?? (network == .linear ? 112 : options.inputWidth)
        (options.inputWidth, options.inputHeight) = (side, side)
        (options.products, options.unknown) = (products, unknown)
        switch network {
        case .denseNet: options.classifier = .denseNet(depth: depth ?? 40, growth: growth ?? 12)
        case .wideResNet: options.classifier = .wideResNet(depth: depth ?? 16, width: widen ?? 2)
        case .linear: options.classifier = .linear(levels: levels?.names ?? [])
        }
        (options.temperature, options.epochs) = (temperature, epochs)
        return options
    }
}
