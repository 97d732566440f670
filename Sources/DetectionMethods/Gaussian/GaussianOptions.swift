/// Settings of the Gaussian detector.
package struct GaussianOptions: Sendable, Equatable {
    /// The kept principal components of a level's pooled features (Rippel et al., ICPR 2020, section III-C).
    package enum Reduction: Sendable, Equatable {
        case none
        /// The leading components that explain this share of the variance (0…1).
        case pca(Double)
        /// The trailing components that together explain at most this share: they carry the anomaly signal.
        case npca(Double)
    }

    /// The sharing of the pixel map's Gaussians.
    package enum MapKind: String, Sendable, CaseIterable {
        /// One Gaussian per tap for all positions.
        case tied
        /// One per position of the concatenated taps, on a random subset of channels: for aligned parts (as PaDiM).
        case perPosition = "per-position"
    }

    /// The parts of the image score.
    package enum EvidenceKind: String, Sendable, CaseIterable {
        /// The paper's distances of pooled features: unusual whole images.
        case pooled
        /// The largest distance of the map: unusual positions.
        case local
        /// Both, each on the scale of flawless images.
        case both
    }

    package var inputWidth = 224
    package var inputHeight = 224
    /// Levels pooled for the image score; nil for the backbone's own.
    package var levels: [String]?
    /// Levels of the pixel map; nil for the backbone's own.
    package var taps: [String]?
    package var reduction = Reduction.none
    package var map = MapKind.perPosition
    /// At most this many channels in a per-position Gaussian.
    package var channelsPerPosition = 256
    /// Nil for both where the map's Gaussians see every channel of its levels, else for the pooled part: a map of a few
    /// channels drawn from many is the weaker judge of an image.
    package var evidence: EvidenceKind?
    /// The seed of the choice of those channels.
    package var seed: UInt64 = 0
    /// Nil to leave the backbone unchanged.
    package var fineTuning: FineTuningOptions?

    package init() {}
}
