import AnomalyDetectors
import ArgumentParser
import Foundation
import Foundation

/// What only the ODIN gate takes.
struct ODINArguments: ParsableArguments {
    enum Network: String, CaseIterable, ExpressibleByArgument {
        case denseNet = "densenet"
        case wideResNet = "wide-resnet"
        case linear
    }

    @Option(
        name: .customLong("class"),
        help: ArgumentHelp(
            "A product that the gate shall know, and the folder of its pictures; at least two.",
            valueName: "name=folder"))
    var classes: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Folders of pictures that show no known product, to choose the perturbation by; without, each "
                + "product in turn is taken for unknown.", valueName: "folder"), completion: .directory)
    var unknown: [String] = []

    @Option(
        help: ArgumentHelp(
            "The classifier: trained on the pictures, or a linear layer on the frozen backbone; densenet by default.",
            valueName: Network.allCases.map(\.rawValue).joined(separator: "|")))
    var network: Network?

    @Option(help: ArgumentHelp("Layers, 6n + 4; 40 (densenet) or 16 (wide-resnet) by default.", valueName: "n"))
    var depth: Int?

    @Option(help: ArgumentHelp("Channels that each layer of densenet adds; 12 by default.", valueName: "n"))
    var growth: Int?

    @Option(help: ArgumentHelp("Channels of wide-resnet relative to the plain one; 2 by default.", valueName: "n"))
    var widen: Int?

    @Option(help: ArgumentHelp("What logits are divided by; 1000 by default.", valueName: "number"))
    var temperature: Double?

    var usesBackbone: Bool { network == .linear }
    /// Of the network's input, unless another is given.
    var side: Int { usesBackbone ? 112 : ODINOptions().inputWidth }

    func validate() throws {
        if let depth, !(10...256).contains(depth) || !(depth - 4).isMultiple(of: 6) {
            throw ValidationError("--depth must be 6n + 4 from 10 to 256, as in 40; got \(depth)")
        }
        try requireRanges([("--growth", growth, 1...64), ("--widen", widen, 1...16)])
        if let temperature, !(temperature > 0 && temperature <= 1e6) {
            throw ValidationError("--temperature must be above 0 and at most 1000000, got \(temperature)")
        }
        for (name, isGiven, networks) in [
            ("--depth", depth != nil, [Network.denseNet, .wideResNet]), ("--growth", growth != nil, [.denseNet]),
            ("--widen", widen != nil, [.wideResNet]),
        ] where isGiven && !networks.contains(network ?? .denseNet) {
            throw ValidationError("\(name) does not go with --network \((network ?? .denseNet).rawValue)")
        }
        guard Set(try products.map(\.name)).count == classes.count else {
            throw ValidationError("two --class have the same name")
        }
        try refuseFoldersInOneAnother()
    }

    /// A picture of two products would teach the gate nothing, and could be fitted and calibrated on at once.
    private func refuseFoldersInOneAnother() throws {
        let paths = try products.map { URL(fileURLWithPath: $0.folder).resolvingSymlinksInPath().path + "/" }
        for (inner, path) in paths.enumerated() {
            guard let outer = paths.indices.first(where: { $0 != inner && path.hasPrefix(paths[$0]) }) else { continue }
            throw ValidationError(
                "--class \(classes[inner]) lies in the folder of --class \(classes[outer]): give each product a folder of "
                    + "its own")
        }
    }

    /// The products of `--class`.
    var products: [ODINOptions.Product] {
        get throws {
            try classes.map { text in
                let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                    throw ValidationError("--class needs NAME=FOLDER, got '\(text)'")
                }
                // As pictures' paths begin: without a slash at the end.
                let folder = parts[1].count > 1 && parts[1].hasSuffix("/") ? String(parts[1].dropLast()) : parts[1]
                return ODINOptions.Product(name: parts[0], folder: folder)
            }
        }
    }

    /// Of all products.
    var folders: [String] { ((try? products) ?? []).map(\.folder) }

    func options(
        _ training: TrainingArguments, side: Int, levels: [String]?, products: [ODINOptions.Product]
    ) -> ODINOptions {
        var options = ODINOptions()
        (options.inputWidth, options.inputHeight) = (side, side)
        (options.products, options.unknown) = (products, unknown)
        switch network ?? .denseNet {
        case .denseNet: options.classifier = .denseNet(depth: depth ?? 40, growth: growth ?? 12)
        case .wideResNet: options.classifier = .wideResNet(depth: depth ?? 16, width: widen ?? 2)
        case .linear: options.classifier = .linear(levels: levels ?? [])
        }
        if let temperature { options.temperature = temperature }
        if let epochs = training.epochs { options.epochs = epochs }
        return options
    }

    func refuseUnless(_ chosen: Bool) throws {
        try refuse(
            [
                ("--class", !classes.isEmpty), ("--unknown", !unknown.isEmpty), ("--network", network != nil),
                ("--depth", depth != nil), ("--growth", growth != nil), ("--widen", widen != nil),
                ("--temperature", temperature != nil),
            ], unless: chosen, of: .odin)
    }
}
