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
