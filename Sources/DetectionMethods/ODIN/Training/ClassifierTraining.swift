import DetectionCore
import NeuralNets
import SeededRandom
import TensorCore

/// A classifier in training: stochastic gradient descent on the cross entropy, with Nesterov's momentum.
package struct ClassifierTraining {
    private let graph: NetworkGraph
    private let logits: NetworkGraph.NodeID
    private var parameters: NetworkParameters
    private var optimizer: SGD

    package init(_ graph: NetworkGraph, learningRate: Float, weightDecay: Float) {
        self.graph = graph
        logits = ODINClassifier.logits(of: graph)
        parameters = NetworkParameters(of: graph)
        optimizer = SGD(
            [ParameterGroup(parameters.values.indices, learningRate: learningRate, weightDecay: weightDecay)],
            momentum: 0.9, isNesterov: true)
    }

    /// One update.
    /// - Parameters:
    ///   - input: `[N, H, W, C]`
    ///   - labels: the class of each.
    /// - Returns: the mean cross entropy before the update.
    package mutating func step(_ input: Tensor, labels: [Int], rateFactor: Float) -> Float {
        var network = TrainableNetwork(graph, parameters)
        let out = network.forward(Variable(input), nodes: [logits], normalization: .batch(momentum: 0.1))[0]
        let loss = crossEntropy(out.reshaped([labels.count, out.value.values.count / labels.count]), targets: labels)
        parameters.statistics = network.statistics
        let slopes = gradients(of: loss, withRespectTo: network.tracked).map(\.value)
        optimizer.step(&parameters.values, gradients: slopes, rateFactor: rateFactor)
        return loss.scalar
    }

    /// All parameters and running statistics by name, in the frameworks' layout.
    package func stored() -> [String: StoredTensor] { parameters.stored() }

    var state: TrainingState {
        get { TrainingState(parameters: parameters, optimizer: optimizer.state) }
        set { (parameters, optimizer.state) = (newValue.parameters, newValue.optimizer) }
    }
}

/// The subject of an ODIN training: a classifier on the inputs of `Inputs`.
struct ClassifierCourse<Inputs: ClassifierInputs>: Trainee {
    private let inputs: Inputs
    /// Labels by image.
    private let labels: [Int]
    private let epochs: Int
    private let learningRate: Float
    private let seed: UInt64
    private var training: ClassifierTraining

    init(
        _ inputs: Inputs, labels: [Int], graph: NetworkGraph, epochs: Int, learningRate: Float, weightDecay: Float,
        seed: UInt64
    ) {
        (self.inputs, self.labels, self.epochs) = (inputs, labels, epochs)
        (self.learningRate, self.seed) = (learningRate, seed)
        training = ClassifierTraining(graph, learningRate: learningRate, weightDecay: weightDecay)
    }

    var state: [String: StoredTensor] { training.state.tensors }
    var snapshot: [String: StoredTensor] { training.stored() }

    mutating func restore(_ state: [String: StoredTensor]) throws {
        training.state = try TrainingState(state, like: training.state)
    }

    func learningRate(epoch: Int) -> Double { Double(learningRate * rateFactor(epoch)) }

    /// A tenth after half of the epochs, a hundredth after three quarters (Huang et al., CVPR 2017, section 4.2).
    private func rateFactor(_ epoch: Int) -> Float {
        if 2 * epoch < epochs { return 1 }
        return 4 * epoch < 3 * epochs ? 0.1 : 0.01
    }

    mutating func step(_ batch: [Int], at place: CoursePlace) throws -> StepLosses {
        var drawn = SplitMix64(seed: (seed ^ 0xbb67_ae85_84ca_a73b) &+ place.number &* 0x94d0_49bb_1331_11eb)
        let loss = training.step(
            inputs.batch(batch, using: &drawn), labels: batch.map { labels[$0] }, rateFactor: rateFactor(place.epoch))
        return StepLosses(total: Double(loss))
    }
}

/// The source of a classifier's inputs.
protocol ClassifierInputs {
    /// `[indices.count, H, W, C]`, with the random augmentation of the network's training.
    func batch(_ indices: [Int], using generator: inout SplitMix64) -> Tensor
}

/// Images, half of them mirrored, moved by up to an eighth of the side with zeros moving in (He et al., CVPR 2016,
/// section 4.2).
struct VariedImages: ClassifierInputs {
    let pictures: ResizedImages

    func batch(_ indices: [Int], using generator: inout SplitMix64) -> Tensor {
        let (width, height) = (pictures.width, pictures.height)
        let plain = pictures.input(indices)
        var varied = Tensor(zeros: plain.shape)
        for image in indices.indices {
            let isMirrored = Bool.random(using: &generator)
            let dx = Int.random(in: -width / 8...width / 8, using: &generator)
            let dy = Int.random(in: -height / 8...height / 8, using: &generator)
            for y in max(0, dy)..<min(height, height + dy) {
                let (to, from) = ((image * height + y) * width, (image * height + y - dy) * width)
                for x in max(0, dx)..<min(width, width + dx) {
                    let source = isMirrored ? width - 1 - (x - dx) : x - dx
                    for channel in 0..<3 {
                        varied.values[(to + x) * 3 + channel] = plain.values[(from + source) * 3 + channel]
                    }
                }
            }
        }
        return varied
    }
}

/// Constant features: those of a frozen backbone.
struct FixedFeatures: ClassifierInputs {
    /// `[pictures, channels]`
    let features: Tensor

    func batch(_ indices: [Int], using generator: inout SplitMix64) -> Tensor {
        let channels = features.shape[1]
        let rows = indices.flatMap { features.values[$0 * channels..<($0 + 1) * channels] }
        return Tensor(shape: [indices.count, 1, 1, channels], values: rows)
    }
}
