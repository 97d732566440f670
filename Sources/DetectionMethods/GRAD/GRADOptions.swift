import DetectionCore
import NeuralNets

/// Settings of the GRAD detector. The defaults of training are the authors'; where ours differ, the comment says so.
package struct GRADOptions: Sendable, Equatable {
    /// The fusion network; raw values are the command line's.
    package enum Fusion: String, Sendable, CaseIterable {
        /// 7 residual blocks: GRAD, the paper's first version.
        case basic
        /// 11 MobileNetV3 bottlenecks of four times the channels: CRAD.
        case mobile
        /// The same bottlenecks as wide as the features: CRAD-S, a tenth of GRAD's cost.
        case mobileSmall = "mobile-small"

        func network(channels: Int) -> GRADNetwork.Fusion {
            switch self {
            case .basic: .residual(blocks: 7)
            case .mobile: .bottlenecks(blocks: 11, expansion: 4 * channels)
            case .mobileSmall: .bottlenecks(blocks: 11, expansion: channels)
            }
        }
    }

    package var inputWidth = 224
    package var inputHeight = 224
    /// Levels whose maps are represented, the finest decides the grid; nil for the backbone's own.
    package var taps: [String]?
    package var fusion = Fusion.mobileSmall

    /// How far the features' principal components are brought to one variance, 0 (the authors: not at all) to 1. Defects
    /// show in components that hardly vary among flawless parts (Rippel et al., ICPR 2020).
    package var whitening = 1.0

    /// How often every image is seen in an epoch: as it is, and moved and brighter or darker. Nil: once when there are a
    /// hundred, more often when there are fewer, five times at most.
    package var variants: Int?
    /// Passes over the images at most; nil for as many as `defaultSteps` steps take, and see `mostSights`.
    package var epochs: Int?
    package var batchSize = 16
    /// Of the networks.
    package var learningRate: Float = 1e-3
    /// Of the two grids.
    package var gridLearningRate: Float = 0.1
    package var weightDecay: Float = 0.01
    /// The gradient's norm is held at this or below.
    package var clipNorm: Float = 0.1
    /// What both rates are multiplied by.
    package var schedule = Schedule.steps(period: 40, factor: 0.1)
    /// Standard deviation of the noise on the local coordinates, in half of the steps.
    package var jitter: Float = 0.05
    /// Training ends when the loss of images kept apart has not improved for so many epochs; 0 never ends it early and
    /// keeps none apart, nil waits for an eighth of the epochs, at least 5.
    package var patience: Int?
    /// Orders what is drawn at random: initial parameters, the images' order, the noise.
    package var seed: UInt64 = 0
    /// Bytes that training may hold. What a step needs comes first (blocks are run twice where keeping everything would pass
    /// the budget); the cached features get the rest: as 32-bit floats, as 16-bit ones when only half fits, and else on disk.
    package var memoryBudget = 2 << 30

    /// What the distances are measured against; raw values are the command line's.
    package enum Standardization: String, Sendable, CaseIterable {
        /// Each position's mean and standard deviation over the images of the fit.
        case position
        /// Nothing: the authors' map.
        case none
    }
    package var standardization = Standardization.position

    /// What gathers the distances that lie together.
    package var map = DistanceMapper.Settings()

    package init() {}

    /// Steps of a fit whose epochs are not given: few images are passed over more often.
    package static let defaultSteps = 200
    /// How often an image is seen at most when the epochs are not given, its variants counted: as often as the authors'.
    /// Few images seen more often are known by heart.
    package static let mostSights = 100

    /// Passes over so many images, each seen so often in one.
    func epochs(pictures: Int, variants: Int) -> Int {
        epochs
            ?? min(
                max(1, Self.mostSights / variants),
                TrainingEpochs.filling(Self.defaultSteps, batchSize: batchSize, pictures: pictures * variants))
    }

    /// Channels that concatenated taps are projected to when they have more than `widestUnprojected`.
    package static let projectedChannels = 216
    package static let widestUnprojected = 256

    /// Bytes that a step holds, about: what its gradients need of every layer. Features of so many channels at so many
    /// positions.
    /// - Parameter recomputes: whether it keeps of each block only what goes in, and one block whole at a time.
    package func stepBytes(channels: Int, positions: Int, recomputes: Bool = false) -> Int {
        let perBlock: Int
        let blocks: Int
        switch fusion.network(channels: channels) {
        // Two convolutions, two norms, sum and activation on 2C channels.
        case .residual(let count): (perBlock, blocks) = (12 * channels, count)
        // Six maps as wide as the expansion; projection, norm and sum on 2C channels.
        case .bottlenecks(let count, let expansion): (perBlock, blocks) = (6 * expansion + 6 * channels, count)
        }
        let perPosition = recomputes ? 2 * channels * blocks + perBlock : perBlock * blocks
        return batchSize * positions * perPosition * MemoryLayout<Float>.stride
    }

    /// Whether a step that keeps everything would pass the budget.
    func recomputes(channels: Int, positions: Int) -> Bool {
        stepBytes(channels: channels, positions: positions) > memoryBudget
    }

    /// Epochs without improvement that end a course of so many.
    func patience(epochs: Int) -> Int { patience ?? max(5, epochs / 8) }
}
