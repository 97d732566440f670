import NeuralNets

/// Settings of the GRAD detector. The defaults of training are the authors'; where ours differ, the comment says so.
public struct GRADOptions: Sendable, Equatable {
    /// The fusion network; raw values are the command line's.
    public enum Fusion: String, Sendable, CaseIterable {
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

    public var inputWidth = 224
    public var inputHeight = 224
    /// Levels whose maps are represented, the finest decides the grid; nil for the backbone's own.
    public var taps: [String]?
    public var fusion = Fusion.mobileSmall

    /// Passes over the pictures at most.
    public var epochs = 20
    public var batchSize = 16
    /// Of the networks.
    public var learningRate: Float = 1e-3
    /// Of the two grids.
    public var gridLearningRate: Float = 0.1
    public var weightDecay: Float = 0.01
    /// The gradient's norm is held at this or below.
    public var clipNorm: Float = 0.1
    /// Both rates fall to a tenth after so many epochs.
    public var stepEpochs = 40
    /// Standard deviation of the noise on the local coordinates, in half of the steps.
    public var jitter: Float = 0.05
    /// Training ends when the loss of pictures kept apart has not improved for so many epochs; 0 never ends it early.
    public var patience = 5
    /// Orders what is drawn at random: initial parameters, the pictures' order, the noise.
    public var seed: UInt64 = 0
    /// Bytes that the cached features may take in memory: 16 bits beyond it, the disk beyond twice it.
    public var memoryBudget = 2 << 30

    /// Side of the mean that smooths the map, pixels at an input of 224 (the authors: 21).
    public var smoothing = 9
    /// Side of the mean whose maximum is the image score, pixels at an input of 224 (the authors: 32); 1 is the map's maximum.
    public var scoreWindow = 1

    public init() {}

    /// Channels that concatenated taps are projected to when they have more than `widestUnprojected`.
    public static let projectedChannels = 216
    public static let widestUnprojected = 256
}
