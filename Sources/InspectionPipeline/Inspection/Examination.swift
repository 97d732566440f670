import DetectionCore
import Foundation
import Imaging
import InspectionDomain

/// The findings in one frame, before anything is written: decode → detect → threshold → regions.
package struct Examination: Sendable {
    package let frame: Frame
    package let detection: Detection
    package internal(set) var verdict: Verdict
    /// The regions of the map above the pixel threshold, at the frame's own size; none on a wrong product.
    package internal(set) var regions: RegionMap
    /// The map at the frame's own size, where the regions needed it.
    let stretched: AnomalyMap?
    /// The verdict of the line's gate, where it has one.
    package internal(set) var gate: GateResult?
    package let calibration: Calibration
    package let model: ModelIdentity
    package var timing: StageTimings
    /// The remarks for result.json, the decoder's first.
    package var remarks: [String]
    /// The ways in which the frame differs from the images that the model was fitted on, in words.
    let differences: [(kind: FittedImages.Difference, text: String)]
    /// The size that the model was fitted on, when the frame has another.
    package let fittedSize: [Int]?

    /// The product that the gate or the detector recognised.
    package var product: RecognizedProduct? { gate?.product ?? detection.product }

    /// Whether an anomalous frame shows no region because the image as a whole is unusual.
    package var isWholeImage: Bool { verdict == .anomalous && regions.regions.isEmpty && gate?.passed != false }

    /// The map at the frame's own size.
    var fullMap: AnomalyMap { stretched ?? detection.map.resized(width: frame.width, height: frame.height) }

    /// The record of this frame; the writer adds times and files.
    package func inspection(resultID: String, line: String, image: ImageInfo, createdAt: Date) -> Inspection {
        var image = image
        image.width = frame.width
        image.height = frame.height
        image.channels = frame.channels
        image.bitDepth = frame.bitDepth
        image.fittedSize = fittedSize
        return Inspection(
            resultID: resultID, line: line, createdAt: createdAt, image: image, verdict: verdict,
            imageScore: detection.imageScore, imageThreshold: calibration.imageThreshold,
            imageScoreNormalized: detection.imageScore / calibration.imageThreshold,
            pValue: calibration.pValue(detection.imageScore), pixelThreshold: calibration.pixelThreshold,
            evidence: detection.evidence, isWholeImage: isWholeImage ? true : nil, regions: regions.regions,
            model: model, calibration: calibration.identity, product: product,
            gate: gate, timingMilliseconds: timing, remarks: remarks)
    }
}
