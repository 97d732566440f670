import AnomalyDetectors
import ArgumentParser
import Foundation
import InspectionPipeline

/// What only the Gaussian detector takes.
struct GaussianArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "One Gaussian for all positions of the map, or one per position; per-position by default, tied for inputs "
                + "above 448 pixels (its memory grows with the positions).",
            valueName: GaussianOptions.MapKind.allCases.map(\.rawValue).joined(separator: "|")))
    var map: GaussianOptions.MapKind?

    @Option(
        help: ArgumentHelp("Keep the principal components that explain this share of the variance.", valueName: "share")
    )
    var pca: Double?

    @Option(help: ArgumentHelp("Keep the components that explain the least, up to this share.", valueName: "share"))
    var npca: Double?

    func validate() throws {
        guard pca == nil || npca == nil else { throw ValidationError("--pca and --npca exclude each other") }
        for (name, share) in [("--pca", pca), ("--npca", npca)] {
            if let share, !(share > 0 && share < 1) {
                throw ValidationError("\(name) must be above 0 and below 1, got \(share)")
            }
        }
    }

    func options(inputSize: Int) -> GaussianOptions {
        var options = GaussianOptions()
        options.map = map ?? (inputSize <= 448 ? .perPosition : .tied)
        options.reduction = pca.map { .pca($0) } ?? npca.map { .npca($0) } ?? .none
        return options
    }

    func refuseUnless(_ chosen: Bool) throws {
        try refuse(
            [("--map", map != nil), ("--pca", pca != nil), ("--npca", npca != nil)], unless: chosen, of: .gaussian)
    }
}

/// What only GRAD takes.
struct GRADArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The fusion network: GRAD's own, CRAD's, or CRAD's as wide as the features (the default).",
            valueName: GRADOptions.Fusion.allCases.map(\.rawValue).joined(separator: "|")))
    var fusion: GRADOptions.Fusion?

    @Option(
        help: ArgumentHelp(
            "How far the features' principal components are brought to one variance, 0 (the authors) to 1; "
                + "\(GRADOptions().whitening) by default.", valueName: "share"))
    var whitening: Double?

    @Option(
        help: ArgumentHelp(
            "Measure each position's distance against its mean and standard deviation among the pictures of the fit (the "
                + "default), or not (the authors).",
            valueName: GRADOptions.Standardization.allCases.map(\.rawValue).joined(separator: "|")))
    var standardize: GRADOptions.Standardization?

    @Option(
        help: ArgumentHelp(
            "Side of the mean that smooths the map, pixels at an input of 224; "
                + "\(GRADOptions().map.small) by default.", valueName: "pixels"))
    var smoothing: Int?

    @Option(
        help: ArgumentHelp(
            "Side of the wide mean that finds what is faint but large, pixels at an input of 224; 0 for none; "
                + "\(GRADOptions().map.wide) by default.", valueName: "pixels"))
    var wideSmoothing: Int?

    @Option(
        help: ArgumentHelp(
            "Side of the mean whose maximum is the image score, pixels at an input of 224 (the authors: 32); "
                + "\(GRADOptions().map.score) by default.", valueName: "pixels"))
    var scoreWindow: Int?

    @Option(
        help: ArgumentHelp(
            "How often every picture is learnt from in an epoch: as it is, and moved by some pixels and brighter or darker; by "
                + "default 1 from 100 pictures on, up to 5 of fewer.", valueName: "n"))
    var variants: Int?

    @Option(
        help: ArgumentHelp(
            "Memory that training may hold (512MiB, 4GiB): features that do not fit are kept in 16 bits, then on disk; 2GiB "
                + "by default.",
            valueName: "size"))
    var memoryBudget: String?

    func validate() throws {
        try requireRanges([
            ("--smoothing", smoothing, 1...224), ("--wide-smoothing", wideSmoothing, 0...224),
            ("--score-window", scoreWindow, 1...224),
            ("--variants", variants, 1...100),
        ])
        if let whitening, !(0...1).contains(whitening) {
            throw ValidationError("--whitening must be from 0 to 1, got \(whitening)")
        }
        if let wideSmoothing, wideSmoothing > 0, standardize == GRADOptions.Standardization.none {
            throw ValidationError("--wide-smoothing gathers standardised distances: leave out --standardize none")
        }
        if let memoryBudget, Quantity.size(memoryBudget) == nil {
            throw ValidationError("--memory-budget needs \(Quantity.sizesAllowed), got '\(memoryBudget)'")
        }
    }

    func options(_ training: TrainingArguments) -> GRADOptions {
        var options = GRADOptions()
        if let fusion { options.fusion = fusion }
        if let whitening { options.whitening = whitening }
        if let epochs = training.epochs { options.epochs = epochs }
        if let patience = training.patience { options.patience = patience }
        if let standardize { options.standardization = standardize }
        if let smoothing { options.map.small = smoothing }
        if let wideSmoothing { options.map.wide = wideSmoothing }
        if let scoreWindow { options.map.score = scoreWindow }
        options.variants = variants
        if let bytes = memoryBudget.flatMap(Quantity.size) { options.memoryBudget = bytes }
        return options
    }

    func refuseUnless(_ chosen: Bool) throws {
        try refuse(
            [
                ("--fusion", fusion != nil), ("--whitening", whitening != nil),
                ("--standardize", standardize != nil), ("--smoothing", smoothing != nil),
                ("--wide-smoothing", wideSmoothing != nil),
                ("--score-window", scoreWindow != nil), ("--variants", variants != nil),
                ("--memory-budget", memoryBudget != nil),
            ], unless: chosen, of: .grad)
    }
}

/// What only GANomaly takes.
struct GANomalyArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Numbers in the code of a picture; \(GANomalyOptions().network.latent) by default.", valueName: "n"))
    var latent: Int?

    @Option(
        help: ArgumentHelp(
            "Channels behind the first convolution, doubled at every halving; \(GANomalyOptions().network.width) by "
                + "default.", valueName: "n"))
    var channels: Int?

    @Option(
        help: ArgumentHelp("Further 3×3 convolutions at half the resolution; 0 by default.", valueName: "n"))
    var extraLayers: Int?

    @Option(
        help: ArgumentHelp(
            "Weights of the adversarial, the contextual and the encoder loss; 1,50,1 by default.",
            valueName: "numbers"))
    var lossWeights: String?

    private var weights: [Float]? {
        lossWeights?.split(separator: ",").compactMap { Float($0.trimmingCharacters(in: .whitespaces)) }
    }

    func validate() throws {
        try requireRanges([
            ("--latent", latent, 1...4096), ("--channels", channels, 1...512), ("--extra-layers", extraLayers, 0...64),
        ])
        if let weights, weights.count != 3 || !weights.allSatisfy({ $0.isFinite && $0 >= 0 }) {
            throw ValidationError(
                "--loss-weights needs three numbers from 0 on, as in 1,50,1; got \(lossWeights ?? "")")
        }
    }

    func options(_ training: TrainingArguments, side: Int) -> GANomalyOptions {
        var options = GANomalyOptions()
        options.network.side = side
        if let latent { options.network.latent = latent }
        if let channels { options.network.width = channels }
        if let extraLayers { options.network.extraLayers = extraLayers }
        if let weights {
            (options.weights.adversarial, options.weights.contextual, options.weights.encoder) = (
                weights[0], weights[1], weights[2]
            )
        }
        if let epochs = training.epochs { options.epochs = epochs }
        return options
    }

    func refuseUnless(_ chosen: Bool) throws {
        try refuse(
            [
                ("--latent", latent != nil), ("--channels", channels != nil), ("--extra-layers", extraLayers != nil),
                ("--loss-weights", lossWeights != nil),
            ], unless: chosen, of: .ganomaly)
    }
}

/// What only GradCon takes.
struct GradConArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Weight of the gradients' alignment in training's loss; \(GradConOptions().alignmentWeight) by default.",
            valueName: "weight"))
    var alignmentWeight: Double?

    @Option(
        help: ArgumentHelp(
            "Weight of the gradients' alignment in the image score; \(GradConOptions().scoreWeight) by default.",
            valueName: "weight"))
    var scoreWeight: Double?

    func validate() throws {
        for (name, value) in [("--alignment-weight", alignmentWeight), ("--score-weight", scoreWeight)] {
            if let value, !(0...1000).contains(value) {
                throw ValidationError("\(name) must be from 0 to 1000, got \(value)")
            }
        }
    }

    func options(_ training: TrainingArguments, side: Int) -> GradConOptions {
        var options = GradConOptions()
        (options.inputWidth, options.inputHeight) = (side, side)
        if let alignmentWeight { options.alignmentWeight = Float(alignmentWeight) }
        if let scoreWeight { options.scoreWeight = Float(scoreWeight) }
        if let epochs = training.epochs { options.epochs = epochs }
        return options
    }

    func refuseUnless(_ chosen: Bool) throws {
        try refuse(
            [("--alignment-weight", alignmentWeight != nil), ("--score-weight", scoreWeight != nil)], unless: chosen,
            of: .gradcon)
    }
}

/// An option of another method would be ignored in silence: it is refused instead.
func refuse(_ given: [(name: String, isGiven: Bool)], unless chosen: Bool, of method: DetectionMethod) throws {
    guard !chosen, let first = given.first(where: \.isGiven) else { return }
    throw ValidationError("\(first.name) belongs to --method \(method.rawValue)")
}

extension GaussianOptions.MapKind: ExpressibleByArgument {}
extension GRADOptions.Fusion: ExpressibleByArgument {}
extension GRADOptions.Standardization: ExpressibleByArgument {}
