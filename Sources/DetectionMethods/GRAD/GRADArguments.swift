import ArgumentParser
import DetectionCore
import InspectionDomain

/// GRAD on the command line.
package struct GRADArguments: MethodArguments {
    package typealias Model = GRADModel
    package static let abstract = "Learns the normal features of every position; finds small defects, fits in minutes."

    @Option(
        help: ArgumentHelp(
            "Levels of the backbone whose maps are represented, separated by commas; its usual ones by default.",
            valueName: "names"))
    package var levels: NameList?

    @Option(help: ArgumentHelp("Width and height of the network's input.", valueName: "pixels"))
    package var inputSize = GRADOptions().inputWidth

    @Option(
        help: ArgumentHelp(
            "The fusion network: GRAD's own (basic), CRAD's (mobile), or CRAD's as wide as the features (mobile-small).",
            valueName: GRADOptions.Fusion.allCases.map(\.rawValue).joined(separator: "|")))
    package var fusion = GRADOptions().fusion

    @Option(
        help: ArgumentHelp(
            "Whitening of the features' principal components, from 0 (none, the authors) to 1 (equal variances).",
            valueName: "share"))
    package var whitening = GRADOptions().whitening

    @Option(
        help: ArgumentHelp(
            "Standardise each position's distance by its mean and standard deviation over the fitting images "
                + "(position), or not (none, the authors).",
            valueName: GRADOptions.Standardization.allCases.map(\.rawValue).joined(separator: "|")))
    package var standardize = GRADOptions().standardization

    @Option(
        help: ArgumentHelp(
            "The parts of the image score: the map alone (local), or Gaussians of the whole image's features and of the "
                + "differences at each position (both); both by default, local for models of several lines and without "
                + "standardised distances.",
            valueName: GRADOptions.Evidence.allCases.map(\.rawValue).joined(separator: "|")))
    package var evidence: GRADOptions.Evidence?

    @Option(
        help: ArgumentHelp("Side of the mean that smooths the map, pixels at an input of 224.", valueName: "pixels"))
    package var smoothing = GRADOptions().map.small

    @Option(
        help: ArgumentHelp(
            "Side of the wide mean that finds faint but large defects, pixels at an input of 224; 0 for none; "
                + "\(GRADOptions().map.wide) by default.", valueName: "pixels"))
    package var wideSmoothing: Int?

    @Option(
        help: ArgumentHelp(
            "Side of the mean whose maximum is the image score, pixels at an input of 224 (the authors: 32).",
            valueName: "pixels"))
    package var scoreWindow = GRADOptions().map.score

    @Option(help: ArgumentHelp("At most this many epochs; by default enough for 200 steps.", valueName: "n"))
    package var epochs: Int?

    @Option(
        help: ArgumentHelp(
            "Stop after this many epochs without improvement on held-out images; 0 never stops early and holds no "
                + "images out; an eighth of the epochs by default.", valueName: "epochs"))
    package var patience: Int?

    @Option(
        help: ArgumentHelp(
            "Variants of every image per epoch: the image itself, and versions moved by some pixels and brighter or "
                + "darker; by default 1 for at least 100 images, at most 5 for fewer.", valueName: "n"))
    package var variants: Int?

    @Option(
        help: ArgumentHelp(
            "Memory limit of training (512MiB, 4GiB): features that do not fit are kept in 16 bits, then on disk; "
                + "2GiB by default.", valueName: "size"))
    package var memoryBudget: String?

    package init() {}

    package mutating func validate() throws {
        try requireRanges([
            ("--input-size", inputSize, 32...1024), ("--smoothing", smoothing, 1...224),
            ("--wide-smoothing", wideSmoothing, 0...224), ("--score-window", scoreWindow, 1...224),
            ("--variants", variants, 1...100), ("--epochs", epochs, 1...10_000), ("--patience", patience, 0...10_000),
        ])
        if !(0...1).contains(whitening) {
            throw ValidationError("--whitening must be from 0 to 1, got \(whitening)")
        }
        if let wideSmoothing, wideSmoothing > 0, standardize == .none {
            throw ValidationError("--wide-smoothing needs standardised distances: remove --standardize none")
        }
        if evidence == .both, standardize == .none {
            throw ValidationError("--evidence both needs standardised distances: remove --standardize none")
        }
        if let memoryBudget, Quantity.size(memoryBudget) == nil {
            throw ValidationError("--memory-budget needs \(Quantity.sizesAllowed), got '\(memoryBudget)'")
        }
    }

    package func method(products: [Product]) -> any FittableMethod {
        var options = GRADOptions()
        (options.inputWidth, options.inputHeight, options.taps) = (inputSize, inputSize, levels?.names)
        (options.fusion, options.whitening, options.standardization) = (fusion, whitening, standardize)
        (options.map.small, options.map.score) = (smoothing, scoreWindow)
        options.evidence = evidence ?? (products.count > 1 ? .local : .both)
        if let wideSmoothing { options.map.wide = wideSmoothing }
        (options.epochs, options.patience, options.variants) = (epochs, patience, variants)
        if let bytes = memoryBudget.flatMap(Quantity.size) { options.memoryBudget = bytes }
        return options
    }
}

extension GRADOptions.Fusion: ExpressibleByArgument {}
extension GRADOptions.Evidence: ExpressibleByArgument {}
extension GRADOptions.Standardization: ExpressibleByArgument {}
