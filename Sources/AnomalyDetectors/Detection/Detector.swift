import CKernels
import Imaging
import InspectionDomain

/// A map of anomaly scores over a picture: row-major, covering the whole picture whatever its size.
public struct AnomalyMap: Sendable, Equatable {
    public let width, height: Int
    /// Higher is more anomalous; `width × height` values.
    public var values: [Float]

    public init(width: Int, height: Int, values: [Float]) {
        precondition(values.count == width * height, "\(values.count) values for \(width)×\(height)")
        self.width = width
        self.height = height
        self.values = values
    }

    /// The largest value: what the pixel threshold is calibrated on.
    public var maximum: Float { values.max() ?? 0 }

    /// Whether every value is a finite number.
    public var isFinite: Bool { ck_all_finite(values, values.count) != 0 }
}

/// What a detector says of one frame.
public struct Detection: Sendable {
    /// Higher is more anomalous; raw, on the method's own scale.
    public var imageScore: Double
    /// Smoothed, at the network's input size.
    public var map: AnomalyMap
    /// What the frame was recognised as, by methods that tell products apart.
    public var product: RecognizedProduct?
    /// Whether score and map are finite numbers: nothing can be decided by others.
    public var isFinite: Bool { imageScore.isFinite && map.isFinite }
    /// Milliseconds.
    public var preprocess, backbone, detect: Double

    public init(
        imageScore: Double, map: AnomalyMap, product: RecognizedProduct? = nil, preprocess: Double, backbone: Double,
        detect: Double
    ) {
        self.imageScore = imageScore
        self.map = map
        self.product = product
        self.preprocess = preprocess
        self.backbone = backbone
        self.detect = detect
    }
}

/// Scores frames one at a time. One per worker: a detector owns its buffers and is not thread-safe.
public protocol Detector: AnyObject {
    func detect(_ frame: Frame) throws -> Detection
}

/// A fitted model: what training found, ready to make detectors.
public protocol DetectorModel: Sendable {
    var method: DetectionMethod { get }
    /// Name of the backbone it stands on, or of the network of its own.
    var backboneName: String { get }
    /// Network input, pixels.
    var inputWidth: Int { get }
    var inputHeight: Int { get }
    /// - Parameter threads: how many cores one frame may use.
    func makeDetector(threads: Int) throws -> any Detector
    /// How far an image score may be off because another instruction set rounds differently. A wrong weight moves it far
    /// more: that is how a damaged model is noticed.
    func rounding(of score: Double) -> Double
    /// Parameters and settings for `ModelFile`, without what every model shares.
    func encoded() throws -> ModelContents
}

extension DetectorModel {
    /// Of scores that are distances of some units.
    public func rounding(of score: Double) -> Double { 2e-3 * max(1, abs(score)) }
}

/// A model that makes pictures anew, and shows by that what it takes for normal.
public protocol ReconstructingModel: DetectorModel {
    /// The frames' reconstructions at the network's size, three channels of 8 bits.
    func reconstructions(of frames: [Frame]) throws -> [Frame]
}

/// The methods a model can be of. Raw values are the command line's and the model file's names.
public enum DetectionMethod: String, Sendable, Codable, CaseIterable {
    /// Mahalanobis distance on pretrained features (Rippel et al., ICPR 2020).
    case gaussian
    /// Grid-based continuous normal representation (Lee et al., ECCV 2024).
    case grad
    /// Adversarially trained autoencoder (Akcay et al., ACCV 2018).
    case ganomaly
    /// Autoencoder with a gradient constraint (Kwon et al., ECCV 2020).
    case gradcon
    /// Out-of-distribution detector of a classifier (Liang et al., ICLR 2018): tells a wrong product from the known ones.
    case odin
}
