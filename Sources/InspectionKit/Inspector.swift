import DetectionCore
import Foundation
import Imaging
import InspectionDomain
import InspectionPipeline

/// Inspects images one at a time with one model.
///
/// An inspector owns its buffers and is not thread-safe: use one per thread.
public final class Inspector {
    private let serving: ServingModel
    private let examiner: FrameExaminer

    /// - Parameters:
    ///   - model: a fitted and calibrated one.
    ///   - threads: cores that one image may use.
    /// - Throws: `InspectionKitError`.
    public init(model: Model, threads: Int = 1) throws {
        let rule = model.loaded.stored.calibration.rule
        serving = try InspectionKitError.wrapping { try ServingModel(model.loaded, rule: rule) }
        examiner = FrameExaminer(threads: max(1, threads), limits: .default)
    }

    /// - Throws: `InspectionKitError` for an image without a finite score.
    public func inspect(_ image: Image) throws -> Finding {
        try InspectionKitError.wrapping { Finding(try examiner.examine(image.frame, with: serving)) }
    }
}

/// The result of one inspection.
public struct Finding: Sendable {
    private let examination: Examination

    init(_ examination: Examination) { self.examination = examination }

    /// Higher is more anomalous, on the method's own scale.
    public var score: Double { examination.detection.imageScore }
    /// Scores above it are anomalous.
    public var threshold: Double { examination.calibration.imageThreshold }
    public var isAnomalous: Bool { examination.verdict == .anomalous }
    /// Share of calibration images that score at least as high, counting this one.
    public var pValue: Double { examination.calibration.pValue(score) }
    /// Remarks on an untidy file, and on differences from the images that the model was fitted on.
    public var remarks: [String] { examination.remarks }

    /// An 8-connected region of the anomaly map above the pixel threshold.
    public struct Region: Sendable {
        /// Pixels of the image: left, top, width, height.
        public let x, y, width, height: Int
        /// Pixels above the threshold.
        public let area: Int
        /// The map's largest value there.
        public let peak: Double
    }

    /// The highest peak first.
    public var regions: [Region] {
        examination.regions.regions.map {
            Region(
                x: $0.bbox[0], y: $0.bbox[1], width: $0.bbox[2], height: $0.bbox[3], area: $0.area,
                peak: $0.peakScore)
        }
    }

    /// The anomaly map at the network's input size: row-major, higher is more anomalous.
    public var map: (width: Int, height: Int, values: [Float]) {
        (examination.detection.map.width, examination.detection.map.height, examination.detection.map.values)
    }

    /// The image with its heat map, regions and verdict, as the daemon writes it.
    /// - Returns: a JPEG.
    /// - Throws: `InspectionKitError`.
    public func overlay() throws -> Data {
        try InspectionKitError.wrapping {
            let inspection = examination.inspection(
                resultID: "", line: "", image: ImageInfo(path: ""), createdAt: Date())
            return try ResultImages.overlay(examination, of: inspection)
        }
    }
}
