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
        /// The same bottlenecks with the features' width: CRAD-S, a tenth of GRAD's cost.
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

    /// Whitening of the features' principal components, 0 (the authors: none) to 1 (equal variances). Defects show in
    /// components that hardly vary among flawless parts (Rippel et al., ICPR 2020).
    package var whitening = 1.0

    /// Variants of every image per epoch: the image itself, and moved and brighter or darker ones. Nil: one for at
    /// least a hundred images, at most five for fewer.
    package var variants: Int?
    /// At most this many epochs; nil for as many as `defaultSteps` steps take, limited by `mostSights`.
    package var epochs: Int?
    package var batchSize = 16
    /// The networks' learning rate.
    package var learningRate: Float = 1e-3
    /// The two grids' learning rate.
    package var gridLearningRate: Float = 0.1
    package var weightDecay: Float = 0.01
    /// The gradient's norm is clipped to this.
    package var clipNorm: Float = 0.1
    /// The factor of both rates.
    package var schedule = Schedule.steps(period: 40, factor: 0.1)
    /// Standard deviation of the noise on the local coordinates, in half of the steps.
    package var jitter: Float = 0.05
    /// Training ends after this many epochs without improvement of the loss on images kept apart; 0 never ends it early
    /// and keeps none apart, nil waits for an eighth of the epochs, at least 5.
    package var patience: Int?
    /// The seed of initial parameters, of the images' order and of the noise.
    package var seed: UInt64 = 0
    /// The memory limit of training in bytes. A step's needs come first (blocks run twice if keeping all values exceeds
    /// the budget); the cached features get the rest: as 32-bit floats, as 16-bit floats if only half fits, and else on
    /// disk.
    package var memoryBudget = 2 << 30

    /// The standardisation of distances; raw values are the command line's.
    package enum Standardization: String, Sendable, CaseIterable {
        /// Each position's mean and standard deviation over the images of the fit.
        case position
        /// None: the authors' map.
        case none
    }
    package var standardization = Standardization.position

    /// The parts of the image score; raw values are the command line's.
    package enum Evidence: String, Sendable, CaseIterable {
        /// The map's largest value or its spread over the image.
        case local
        /// Gaussians of pooled levels and of each position's differences.
        case both
    }
    /// Both need standardised distances.
    package var evidence = Evidence.both

    /// The squares that average neighbouring distances.
    package var map = DistanceMapper.Settings()

    package init() {}

    /// Steps of a fit without given epochs: fewer images get more epochs.
    package static let defaultSteps = 200
    /// At most this many uses of an image, including its variants, if the epochs are not given: as in the authors'
    /// code. More uses of few images overfit.
    package static let mostSights = 100

    /// Epochs for this many images with this many variants each.
    func epochs(pictures: Int, variants: Int) -> Int {
        epochs
            ?? min(
                max(1, Self.mostSights / variants),
                TrainingEpochs.filling(Self.defaultSteps, batchSize: batchSize, pictures: pictures * variants))
    }

    /// Channels after the projection of concatenated taps that have more than `widestUnprojected`.
    package static let projectedChannels = 216
    package static let widestUnprojected = 256

    /// Approximate bytes of a step: the values of every layer that its gradients need, for features with these numbers
    /// of channels and positions.
    /// - Parameter recomputes: whether it keeps only each block's input, and one block's values at a time.
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

    /// Whether a step that keeps all values exceeds the budget.
    func recomputes(channels: Int, positions: Int) -> Bool {
        stepBytes(channels: channels, positions: positions) > memoryBudget
    }

    /// Epochs without improvement that end a training of this many epochs.
    func patience(epochs: Int) -> Int { patience ?? max(5, epochs / 8) }
}
