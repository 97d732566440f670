import CKernels
import DetectionCore
import Imaging
import InspectionDomain
import NeuralNets
import TensorCore

extension ODINOptions: FittableMethod {
    package func fit(_ frames: FrameSource, backbone: Backbone, work: FittingWork) throws -> FittedDetector {
        try ODINTrainer.fit(frames, backbone: backbone, options: self, work: work)
    }
}

/// Fits an `ODINModel`: a classifier of the products, then the perturbation on images kept apart.
enum ODINTrainer {
    /// Share of each fit's images kept apart.
    static let keptApartShare = 0.15
    /// The minimal number of a product's images.
    static let fewest = 10

    /// - Throws: `FrameSource.Unreadable`, `ModelError`, `WeightError`, `NearDuplicates.OneGroup`, and errors of the
    ///   checkpoint store.
    static func fit(
        _ frames: FrameSource, backbone: Backbone, options: ODINOptions, work: FittingWork
    ) throws -> FittedDetector {
        var options = options
        if case .linear(let levels) = options.classifier, levels.isEmpty {
            options.classifier = .linear(levels: backbone.defaultLevels)
        }
        let labels = try labels(of: frames, options)
        let (fitting, keptApart) = try split(frames, labels, options, work)
        let (model, history) = try trained(frames, labels, fitting, backbone, options, work)
        let choice = try EpsilonChoice(
            model, keptApart: frames.subset(keptApart),
            labels: keptApart.map { labels[$0] }, unknown: options.unknown
        ).summary(work)
        var report = history
        report.heldOut = keptApart.count
        try report.sections.add(choice, text: choice.text)
        return FittedDetector(model: try model.with(epsilon: Float(choice.epsilon)), history: report)
    }

    /// Keeps some images of every product apart, near-duplicates together unless all are alike.
    private static func split(
        _ frames: FrameSource, _ labels: [Int], _ options: ODINOptions, _ work: FittingWork
    ) throws -> (fitting: [Int], keptApart: [Int]) {
        var fitting: [Int] = [], keptApart: [Int] = []
        for (label, product) in options.products.enumerated() {
            let own = labels.indices.filter { labels[$0] == label }
            guard own.count >= fewest else {
                throw ModelError(
                    "product \(product.name) has \(own.count) images: give at least \(fewest) of each")
            }
            do {
                let split = try NearDuplicates.split(
                    frames.subset(own), share: keptApartShare, seed: options.seed,
                    workers: work.workers, progress: work.progress)
                fitting += split.fitting.map { own[$0] }
                keptApart += split.calibration.map { own[$0] }
            } catch is NearDuplicates.OneGroup {
                // All alike: any choice is good.
                let every = Int(1 / keptApartShare)
                fitting += own.indices.filter { $0 % every != 0 }.map { own[$0] }
                keptApart += own.indices.filter { $0 % every == 0 }.map { own[$0] }
            }
        }
        return (fitting.sorted(), keptApart.sorted())
    }

    private static func labels(of frames: FrameSource, _ options: ODINOptions) throws -> [Int] {
        guard options.products.count >= 2 else {
            throw ModelError("a product gate needs at least two products, there are \(options.products.count)")
        }
        return try frames.paths.map { path in
            guard let label = options.product(of: path) else {
                throw ModelError("\(path) is in no product's folder")
            }
            return label
        }
    }

    private static func trained(
        _ frames: FrameSource, _ labels: [Int], _ fitting: [Int], _ backbone: Backbone, _ options: ODINOptions,
        _ work: FittingWork
    ) throws -> (ODINModel, TrainingHistory) {
        let names = options.products.map(\.name)
        func model(
            _ parameters: [String: StoredTensor], _ normalization: Normalization, _ backbone: Backbone?
        ) throws -> ODINModel {
            try ODINModel(
                classifier: options.classifier, products: names, inputWidth: options.inputWidth,
                inputHeight: options.inputHeight, normalization: normalization, temperature: options.temperature,
                epsilon: 0, parameters: parameters, backbone: backbone)
        }
        let chosen = fitting.map { labels[$0] }
        let source = frames.subset(fitting)
        if case .linear(let levels) = options.classifier {
            let features = try PooledFeatures(source, backbone, levels, options, work)
            let zeros = InitialParameters(seed: options.seed) { _, _ in .constant(0) }
            let graph = try LinearClassifier.layer(zeros, channels: features.channels, classes: names.count)
            let (parameters, history) = try run(
                FixedFeatures(features: features.standardized), graph, chosen, features.digest, options,
                learningRate: options.learningRate / 10, work)
            return (try model(features.unstandardized(parameters), backbone.normalization, backbone), history)
        }
        let plain = try ResizedImages(
            source, width: options.inputWidth, height: options.inputHeight,
            normalization: Normalization(mean: [0, 0, 0], std: [1, 1, 1]), work: work)
        let pictures = plain.normalizedByItself
        let graph = try options.classifier.graph(
            classes: names.count, initialParameters(seed: options.seed), backbone: nil)
        let (parameters, history) = try run(
            VariedImages(pictures: pictures), graph, chosen, plain.digest, options,
            learningRate: options.learningRate, work)
        return (try model(parameters, pictures.normalization, nil), history)
    }

    private static func run(
        _ inputs: some ClassifierInputs, _ graph: NetworkGraph, _ labels: [Int], _ digest: UInt64,
        _ options: ODINOptions, learningRate: Float, _ work: FittingWork
    ) throws -> ([String: StoredTensor], TrainingHistory) {
        let epochs =
            options.epochs
            ?? TrainingEpochs.filling(
                ODINOptions.defaultSteps, batchSize: options.batchSize, pictures: labels.count)
        var course = TrainingCourse(
            ClassifierCourse(
                inputs, labels: labels, graph: graph, epochs: epochs, learningRate: learningRate,
                weightDecay: options.weightDecay, seed: options.seed),
            TrainingCourse.Plan(
                lossName: "cross entropy", pictures: Array(labels.indices), epochs: epochs,
                batchSize: options.batchSize, seed: options.seed, leavesOutSingles: true,
                identity: "odin 1 \(options) \(labels) \(digest)",
                remedy: "check for images without content (inspectctl dataset check)"))
        try course.run(work)
        return (course.best ?? [:], course.history)
    }

    /// Convolutions are initialised as in He et al. (ICCV 2015), by their outputs.
    private static func initialParameters(seed: UInt64) -> InitialParameters {
        InitialParameters(seed: seed) { _, shape in
            shape.count == 4 ? .kaimingNormal(gain: Initializer.gain(leakySlope: 0), fan: .out) : nil
        }
    }
}

extension ResizedImages {
    /// The same images, normalised by their own mean and deviation per channel.
    fileprivate var normalizedByItself: ResizedImages {
        var sums = [Double](repeating: 0, count: 3), squares = sums
        for index in frames.indices {
            var (mean, variance) = ([Float](repeating: 0, count: 3), [Float](repeating: 0, count: 3))
            let values = input([index]).values
            ck_column_moments(values, width * height, 3, &mean, &variance)
            for channel in 0..<3 {
                sums[channel] += Double(mean[channel])
                squares[channel] += Double(variance[channel] + mean[channel] * mean[channel])
            }
        }
        let means = sums.map { $0 / Double(count) }
        let deviations = (0..<3).map { max(1e-3, (squares[$0] / Double(count) - means[$0] * means[$0]).squareRoot()) }
        var copy = self
        copy.normalization = Normalization(mean: means.map(Float.init), std: deviations.map(Float.init))
        return copy
    }
}
