import DetectionCore
import NeuralNets
import SeededRandom
import TensorCore

/// The subject of a GRAD training: the network on cached features, judged by the loss of images kept apart.
struct GRADCourse: Trainee {
    private let options: GRADOptions
    private let network: GRADNetwork
    private let features: GRADFeatures
    /// The images kept apart, without variants.
    private let keptApart: [Int]
    private var training: GRADTraining
    /// A batch's features.
    private var frames: [Float] = []

    init(network: GRADNetwork, options: GRADOptions, features: GRADFeatures, keptApart: [Int]) throws {
        (self.network, self.options, self.features) = (network, options, features)
        self.keptApart = features.variants.plain(keptApart)
        training = try GRADTraining(
            network: network, parameters: Self.initialParameters(seed: options.seed),
            rates: GRADTraining.Rates(
                networks: options.learningRate, grids: options.gridLearningRate, weightDecay: options.weightDecay,
                clipNorm: options.clipNorm),
            recomputes: options.recomputes(channels: network.channels, positions: network.height * network.width))
    }

    /// Grids are initialised Xavier-normal, as in the paper.
    private static func initialParameters(seed: UInt64) -> InitialParameters {
        InitialParameters(seed: seed) { name, _ in name.hasPrefix("query.") ? .xavierNormal() : nil }
    }

    /// The plan of a fit.
    static func plan(
        network: GRADNetwork, options: GRADOptions, features: GRADFeatures, split: (fitting: [Int], keptApart: [Int]),
        epochs: Int
    ) -> TrainingCourse<GRADCourse>.Plan {
        TrainingCourse.Plan(
            pictures: features.variants.all(of: split.fitting), heldOut: split.keptApart.count, epochs: epochs,
            batchSize: options.batchSize,
            patience: options.patience(epochs: epochs), seed: options.seed,
            // The number of workers changes the order of sums, and so the features' bits.
            identity: "grad 3 \(options) \(network) \(features.digest) \(split)",
            remedy: "check for images without content (inspectctl dataset check)")
    }

    var state: [String: StoredTensor] { training.state.tensors }
    var snapshot: [String: StoredTensor] { training.stored() }

    mutating func restore(_ state: [String: StoredTensor]) throws {
        training.state = try TrainingState(state, like: training.state)
    }

    func learningRate(epoch: Int) -> Double { Double(options.learningRate * rateFactor(epoch)) }

    mutating func step(_ batch: [Int], at place: CoursePlace) throws -> StepLosses {
        try load(batch, into: &frames)
        let shape = Shape([batch.count, network.height, network.width, network.channels])
        let loss = training.step(
            Tensor(shape: shape, values: frames), jitter: jitter(batch.count, place),
            rateFactor: rateFactor(place.epoch))
        return StepLosses(total: Double(loss))
    }

    /// Noise on the local coordinates in half of the steps (section 3.2); nil in the other half.
    private func jitter(_ frames: Int, _ place: CoursePlace) -> Tensor? {
        var generator = SplitMix64(
            seed: (options.seed ^ 0x6a09_e667_f3bc_c908) &+ place.number &* 0xbf58_476d_1ce4_e5b9)
        guard options.jitter > 0, Bool.random(using: &generator) else { return nil }
        let shape: Shape = [frames, network.height, network.width, 2]
        let noise = Initializer.normal(deviation: options.jitter)
        return Tensor(shape: shape, values: noise.values(shape.dimensions, using: &generator))
    }

    /// The factor of the learning rates.
    private func rateFactor(_ epoch: Int) -> Float { options.schedule.factor(epoch: epoch) }

    private func load(_ frames: [Int], into out: inout [Float]) throws {
        let count = features.cache.floatsPerFrame
        if out.count != frames.count * count { out = [Float](repeating: 0, count: frames.count * count) }
        try out.withUnsafeMutableBufferPointer { out in
            guard let base = out.baseAddress else { return }
            for (index, frame) in frames.enumerated() { try features.cache.load(frame, into: base + index * count) }
        }
    }

    /// The mean loss of the images kept apart, as in inference.
    func judge(workers: Int) throws -> Judgement {
        guard !keptApart.isEmpty else { return Judgement() }
        let graph = try network.graph(StoredParameters(training.stored(), file: "training"))
        let representation = try NormalRepresentation(
            graph: graph, height: network.height, width: network.width, channels: network.channels, threads: workers)
        var sum = 0.0
        for index in keptApart {
            try features.cache.load(index, into: representation.features.baseAddress!)
            sum += representation.squares()
        }
        let loss = sum / Double(keptApart.count * features.cache.floatsPerFrame)
        return Judgement(penalty: loss, heldOutLoss: loss)
    }
}
