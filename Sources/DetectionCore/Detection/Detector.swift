import CKernels
import Imaging
import InspectionDomain

/// A map of anomaly scores over an image: row-major, covering the whole image whatever its size.
package struct AnomalyMap: Sendable, Equatable {
    package let width, height: Int
    /// Higher is more anomalous; `width × height` values.
    package var values: [Float]

    package init(width: Int, height: Int, values: [Float]) {
        precondition(values.count == width * height, "\(values.count) values for \(width)×\(height)")
        self.width = width
        self.height = height
        self.values = values
    }

    /// The largest value, on which the pixel threshold is calibrated.
    package var maximum: Float { values.max() ?? 0 }

    /// Whether every value is a finite number.
    package var isFinite: Bool { ck_all_finite(values, values.count) != 0 }
}

/// A detector's result for one frame.
package struct Detection: Sendable {
    /// Higher is more anomalous; raw, on the method's own scale.
    package var imageScore: Double
    /// Smoothed, at the network's input size.
    package var map: AnomalyMap
    /// The parts of the score, for methods that distinguish them.
    package var evidence: Evidence?
    /// Whether the image as a whole speaks louder for the score than any position of the map.
    package var isWholeImage = false
    /// The recognised product, for methods that distinguish products.
    package var product: RecognizedProduct?
    /// Whether score and map are finite numbers; others are unusable.
    package var isFinite: Bool { imageScore.isFinite && map.isFinite }
    /// Milliseconds.
    package var preprocess, backbone, detect: Double

    package init(
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
package protocol Detector: AnyObject {
    func detect(_ frame: Frame) throws -> Detection
}
