import DetectionCore
import DetectionMethods
import Foundation
import Imaging
import InspectionPipeline

/// The report of `fit`.
struct FitReport: Encodable {
    var model = ""
    var version = 0
    var file: String?
    var fittedOn: Int
    var calibratedOn: Int
    /// The number of parts that those images show, which the promise counts.
    var calibratedOnParts: Int
    var intensity: IntensityRange?
    var imageSizes: [[Int]]?
    var calibration = ""
    var calibrationSource: String
    var falseAlarmRate = 0.0
    var confidence: Double?
    var imageThreshold = 0.0
    var pixelThreshold = 0.0
    var theoreticalThreshold: Double?
    var promise = ""
    /// Seconds of the whole fit, and of the detector alone.
    var seconds: Double
    var fitSeconds: Double
    var training: TrainingHistory?

    enum CodingKeys: String, CodingKey {
        case model, version, file, calibration, confidence, promise, seconds, training
        case fitSeconds = "fit_seconds"
        case fittedOn = "fitted_on"
        case calibratedOn = "calibrated_on"
        case calibratedOnParts = "calibrated_on_parts"
        case intensity
        case imageSizes = "image_sizes"
        case calibrationSource = "calibration_source"
        case falseAlarmRate = "false_alarm_rate"
        case imageThreshold = "image_threshold"
        case pixelThreshold = "pixel_threshold"
        case theoreticalThreshold = "theoretical_threshold"
    }

    init(_ fitted: ModelFitting.Fitted, seconds: Double) {
        fittedOn = fitted.images
        calibratedOn = fitted.pictures.calibration.count
        calibratedOnParts = fitted.pictures.parts.count
        intensity = fitted.fittedImages?.intensity
        imageSizes = fitted.fittedImages?.sizes
        calibrationSource = fitted.pictures.source
        theoreticalThreshold = fitted.file.model.theoreticalThreshold
        self.seconds = seconds
        fitSeconds = fitted.seconds
        training = fitted.history
    }

    mutating func note(_ calibration: Calibration, model: String, version: Int, file: String?) {
        self.model = model
        self.version = version
        self.file = file
        self.calibration = calibration.id
        falseAlarmRate = calibration.falseAlarmRate
        confidence = calibration.confidence
        imageThreshold = calibration.imageThreshold
        pixelThreshold = calibration.pixelThreshold
        promise = calibration.promise
    }

    var text: String {
        var lines = [
            file.map { "wrote \($0)" } ?? "stored model \(model) version \(version), in service from the next frame on",
            "fitted on \(fittedOn) images, calibrated on \(calibratedOn)"
                + (calibratedOnParts < calibratedOn ? " of \(calibratedOnParts) parts" : "") + " (\(calibrationSource))"
                + String(format: ", %.1f s", seconds),
            "image threshold \(Output.score(imageThreshold)), pixel threshold \(Output.score(pixelThreshold))",
        ]
        if let intensity, intensity.bitDepth == 16 || !intensity.isWhole {
            lines.insert("intensities \(intensity.text) of \(intensity.bitDepth)-bit files", at: 2)
        }
        if let theoreticalThreshold {
            lines.append("theoretical threshold (chi-square, for comparison) \(Output.score(theoreticalThreshold))")
        }
        // Training judged by drawn defects has its own report.
        if let training, training.epochs.indices.contains(training.bestEpoch),
            training.epochs[training.bestEpoch].validation == nil
        {
            let best = training.epochs[training.bestEpoch]
            lines.append(
                "trained \(training.epochs.count) epochs on \(training.fitting) images"
                    + (training.stoppedEarly ? ", stopped early" : "")
                    + String(format: "; epoch %d is kept, loss %.4g", training.bestEpoch + 1, best.loss)
                    + (best.heldOutLoss.map { String(format: ", %.4g on %d kept apart", $0, training.heldOut) } ?? ""))
        }
        lines += training?.sections.lines ?? []
        lines.append("promise: " + promise)
        return lines.joined(separator: "\n")
    }
}
