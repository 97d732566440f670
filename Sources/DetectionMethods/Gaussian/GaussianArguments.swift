import ArgumentParser
import DetectionCore

/// The Gaussian detector on the command line.
package struct GaussianArguments: MethodArguments {
    package typealias Model = GaussianModel
    package static let abstract = "Mahalanobis distance on pretrained features; fits in seconds, can fine-tune."

    @Option(
        help: ArgumentHelp(
            "Levels of the backbone whose pooled features give the image score, separated by commas; its usual ones by "
                + "default.", valueName: "names"))
    package var levels: NameList?

    @Option(help: ArgumentHelp("Width and height of the network's input.", valueName: "pixels"))
    package var inputSize = GaussianOptions().inputWidth

    @Option(
        help: ArgumentHelp(
            "One Gaussian for all positions of the map, or one per position; per-position by default, tied for inputs "
                + "above 448 pixels (its memory grows with the positions).",
            valueName: GaussianOptions.MapKind.allCases.map(\.rawValue).joined(separator: "|")))
    package var map: GaussianOptions.MapKind?

    @Option(
        help: ArgumentHelp("Keep the principal components that explain this share of the variance.", valueName: "share")
    )
    package var pca: Double?

    @Option(help: ArgumentHelp("Keep the components that explain the least, at most this share.", valueName: "share"))
    package var npca: Double?

    @Option(
        help: ArgumentHelp(
            "The parts of the image score: the pooled features of the whole image, the largest distances of the map, or "
                + "both; both by default, pooled for backbones whose map levels have more channels than a position's "
                + "Gaussian takes.",
            valueName: GaussianOptions.EvidenceKind.allCases.map(\.rawValue).joined(separator: "|")))
    package var evidence: GaussianOptions.EvidenceKind?

    @OptionGroup(title: "fine-tuning") package var fineTuning: FineTuningArguments

    package init() {}

    package mutating func validate() throws {
        try requireRanges([("--input-size", inputSize, 32...1024)])
        guard pca == nil || npca == nil else { throw ValidationError("--pca and --npca exclude each other") }
        for (name, share) in [("--pca", pca), ("--npca", npca)] {
            if let share, !(share > 0 && share < 1) {
                throw ValidationError("\(name) must be above 0 and below 1, got \(share)")
            }
        }
    }

    package var untrained: GaussianArguments? {
        guard fineTuning.fineTune else { return nil }
        var copy = self
        copy.fineTuning.fineTune = false
        return copy
    }

    package func method(products: [Product]) -> any FittableMethod {
        var options = GaussianOptions()
        (options.inputWidth, options.inputHeight, options.levels) = (inputSize, inputSize, levels?.names)
        options.map = map ?? (inputSize <= 448 ? .perPosition : .tied)
        options.reduction = pca.map { .pca($0) } ?? npca.map { .npca($0) } ?? .none
        options.evidence = evidence
        options.fineTuning = fineTuning.options
        return options
    }
}

extension GaussianOptions.MapKind: ExpressibleByArgument {}
extension GaussianOptions.EvidenceKind: ExpressibleByArgument {}
