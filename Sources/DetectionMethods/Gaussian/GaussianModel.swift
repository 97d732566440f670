import DetectionCore
import Foundation
import NeuralNets
import TensorCore

extension DetectionMethod {
    /// Mahalanobis distance on pretrained features (Rippel et al., ICPR 2020).
    package static let gaussian = DetectionMethod(rawValue: "gaussian")
}

/// A fitted Gaussian detector (Rippel, Mertens & Merhof, "Modeling the distribution of normal data in pre-trained deep
/// features for anomaly detection", ICPR 2020): per level a mean and a whitening of the pooled features, and Gaussians
/// of the taps' positions for the map.
package struct GaussianModel: DetectorModel {
    /// A Gaussian ready for distances: `‖(x − mean) · whitening‖` is the Mahalanobis distance.
    package struct Level: Sendable {
        package let name: String
        /// `[d]`
        package let mean: [Double]
        /// `[d, rank]`, the transposed inverse Cholesky factor (after a projection if reduced).
        package let whitening: [Double]
        package let rank: Int

        package init(name: String, mean: [Double], whitening: [Double], rank: Int) {
            (self.name, self.mean, self.whitening, self.rank) = (name, mean, whitening, rank)
        }

        /// Mahalanobis distance of a pooled feature vector.
        package func distance(_ x: [Double]) -> Double {
            let centred = zip(x, mean).map { $0 - $1 }
            let y = LinearAlgebra.product(centred, whitening, rows: 1, depth: mean.count, columns: rank)
            return y.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
    }

    /// The Gaussians of the pixel map.
    package enum PixelGaussians: Sendable {
        /// Per tap: mean `[c]` and whitening `[c, c]`.
        case tied([(tap: String, mean: [Float], whitening: [Float])])
        case perPosition(PositionGaussians)

        /// The number of largest distances that count in the image score.
        var scoredCount: Int {
            switch self {
            case .tied: 1
            case .perPosition(let gaussians): gaussians.views.count { $0.extent.isScored }
            }
        }
    }

    package static let method = DetectionMethod.gaussian
    package let backbone: Backbone
    package let inputWidth, inputHeight: Int
    package let levels: [Level]
    package let pixels: PixelGaussians
    package let evidence: GaussianOptions.EvidenceKind
    /// The scale of both parts of the score; nil for a model of one part that has not measured it.
    let scale: EvidenceScale?

    package var backboneName: String { backbone.name }
    package var trainedBackbone: Backbone? { backbone }

    /// The taps of the pixel map.
    var mapTaps: [String] {
        switch pixels {
        case .tied(let taps): taps.map(\.tap)
        case .perPosition(let gaussians): gaussians.taps
        }
    }

    /// Standard deviation of the map's smoothing, pixels of the input: 4 at 224.
    var smoothing: Float { 4 * Float(min(inputWidth, inputHeight)) / 224 }

    /// The distance each level would stay under with probability 0.9973 if its features were normal, summed: the
    /// theoretical threshold, for comparison with the calibrated one.
    package var theoreticalThreshold: Double? {
        guard evidence == .pooled else { return nil }
        return levels.reduce(0) { $0 + ChiSquare.distanceThreshold(dimensions: $1.rank) }
    }

    /// A model with the paper's image score.
    package init(
        backbone: Backbone, inputWidth: Int, inputHeight: Int, levels: [Level], pixels: PixelGaussians
    ) {
        self.init(
            backbone: backbone, inputWidth: inputWidth, inputHeight: inputHeight, levels: levels, pixels: pixels,
            evidence: .pooled, scale: nil)
    }

    /// - Parameter scale: needed for both kinds of evidence.
    init(
        backbone: Backbone, inputWidth: Int, inputHeight: Int, levels: [Level], pixels: PixelGaussians,
        evidence: GaussianOptions.EvidenceKind, scale: EvidenceScale?
    ) {
        precondition(evidence != .both || scale != nil, "both kinds of evidence need a scale")
        self.backbone = backbone
        self.inputWidth = inputWidth
        self.inputHeight = inputHeight
        self.levels = levels
        self.pixels = pixels
        self.evidence = evidence
        self.scale = scale
    }

    /// The same model with another image score.
    func with(_ evidence: GaussianOptions.EvidenceKind, scale: EvidenceScale?) -> GaussianModel {
        GaussianModel(
            backbone: backbone, inputWidth: inputWidth, inputHeight: inputHeight, levels: levels, pixels: pixels,
            evidence: evidence, scale: scale)
    }

    /// The same model as it is stored: `PositionGaussians.rounded`.
    func rounded() -> GaussianModel {
        guard case .perPosition(let gaussians) = pixels else { return self }
        return GaussianModel(
            backbone: backbone, inputWidth: inputWidth, inputHeight: inputHeight, levels: levels,
            pixels: .perPosition(gaussians.rounded()), evidence: evidence, scale: scale)
    }

    /// The image score of the parts.
    /// - Parameter local: the largest distance of each extent.
    func score(pooled: Double, local: [Double]) -> Double {
        switch (evidence, scale) {
        case (.pooled, _): pooled
        case (.both, let scale?): scale.score(pooled: pooled, local: local)
        case (.local, let scale?) where local.count > 1: scale.score(pooled: nil, local: local)
        default: local[0]
        }
    }

    package func makeDetector(threads: Int, extractors: SharedExtractors) throws -> any Detector {
        try GaussianDetector(model: self, threads: threads, extractors: extractors)
    }
}
