import DetectionCore
import Foundation
import Imaging
import InspectionDomain
import NeuralNets

/// Examines frames one after another, with a detector per model. One per worker: it is not thread-safe.
package final class FrameExaminer {
    /// The cores that one frame may use.
    package let threads: Int
    private let limits: DecodeLimits
    private let extractors = SharedExtractors()
    /// By model name: the latest version's detector.
    private var detectors: [String: (record: ModelRecord, detector: any Detector)] = [:]

    /// - Parameters:
    ///   - threads: how many cores one frame may use.
    ///   - limits: the limits of a decoded frame.
    package init(threads: Int, limits: DecodeLimits) {
        self.threads = threads
        self.limits = limits
    }

    /// - Parameters:
    ///   - data: the frame's file.
    ///   - serving: its gate, if it has one, comes first; a frame that the gate rejects is examined no further.
    ///   - note: told of each stage as it begins.
    /// - Throws: `ImageError` for a frame that cannot be read, `InspectionError` for one without a finite score,
    ///   `WeightError`.
    package func examine(
        _ data: Data, with serving: ServingModel, note: (String) -> Void = { _ in }
    ) throws -> Examination {
        note("decode")
        let start = ContinuousClock.now
        let frame = try Frame.decode(data, limits: limits)
        var timing = StageTimings()
        timing.decode = ContinuousClock.now.milliseconds(since: start)
        return try examine(frame, with: serving, timing: timing, note: note)
    }

    /// The same for a frame that is decoded already.
    package func examine(
        _ frame: Frame, with serving: ServingModel, timing: StageTimings = StageTimings(),
        note: (String) -> Void = { _ in }
    ) throws -> Examination {
        var timing = timing
        guard let gate = serving.gate else {
            note("detect")
            return try examine(frame, with: serving.detector, timing: timing)
        }
        note("gate")
        let entering = ContinuousClock.now
        var atGate = try examine(frame, with: gate.model, timing: timing)
        let result = GateResult(atGate, expected: gate.expected)
        guard result.passed else {
            (atGate.verdict, atGate.gate) = (.anomalous, result)
            atGate.regions = RegionMap(
                atGate.detection.map, threshold: .infinity, width: frame.width, height: frame.height)
            return atGate
        }
        timing.gate = ContinuousClock.now.milliseconds(since: entering)
        note("detect")
        var examination = try examine(frame, with: serving.detector, timing: timing)
        examination.gate = result
        return examination
    }

    private func examine(
        _ decoded: Frame, with deciding: DecidingModel, timing: StageTimings
    ) throws -> Examination {
        let (model, calibration) = (deciding.model, deciding.calibration)
        let fitted = model.record.fittedImages
        let differences = fitted?.remarks(on: decoded) ?? []
        let frame = decoded.stretched(fitted?.intensity)
        let detection = try detector(for: model).detect(frame)
        let detected = ContinuousClock.now
        try Self.requireFinite(detection, deciding)
        let verdict = calibration.verdict(detection.imageScore)
        let threshold = detection.map.regionThreshold(
            isAnomalous: verdict == .anomalous, isWholeImage: detection.isWholeImage,
            pixelThreshold: calibration.pixelThreshold)
        // Bilinear stretching never exceeds the maximum, so the common case costs nothing.
        let stretched =
            detection.map.maximum > threshold
            ? detection.map.resized(width: frame.width, height: frame.height) : nil
        let regions = RegionMap(
            stretched ?? detection.map, threshold: threshold, halo: stretched == nil ? nil : detection.map.halo(),
            width: frame.width, height: frame.height)

        var timing = timing
        timing.preprocess = detection.preprocess
        timing.backbone = detection.backbone
        timing.detect = detection.detect + ContinuousClock.now.milliseconds(since: detected)
        return Examination(
            frame: frame, detection: detection, verdict: verdict, regions: regions,
            stretched: stretched, gate: nil, calibration: calibration, model: model.identity, timing: timing,
            remarks: frame.remarks + differences.map(\.text), differences: differences,
            fittedSize: fitted?.expectedSize(width: frame.width, height: frame.height))
    }

    private static func requireFinite(_ detection: Detection, _ deciding: DecidingModel) throws {
        let (record, threshold) = (deciding.model.record, deciding.calibration.imageThreshold)
        guard detection.isFinite, (detection.imageScore / threshold).isFinite else {
            throw InspectionError(
                code: InspectionError.notFinite,
                message:
                    "\(record.name) version \(record.version) gave no finite score for this frame (score "
                    + "\(detection.imageScore), threshold \(threshold)); if other frames of the line fail "
                    + "likewise, the model is damaged: `inspectctl model rollback`, or fit again")
        }
    }

    private func detector(for model: LoadedModel) throws -> any Detector {
        if let known = detectors[model.record.name], known.record == model.record { return known.detector }
        // The old version's buffers are freed before the new one's are allocated.
        detectors[model.record.name] = nil
        let detector = try model.model.makeDetector(threads: threads, extractors: extractors)
        detectors[model.record.name] = (model.record, detector)
        return detector
    }
}

extension GateResult {
    /// - Parameter expected: nil for any product that the gate knows.
    init(_ examination: Examination, expected: String?) {
        let product = examination.detection.product, calibration = examination.calibration
        self.init(
            passed: examination.verdict == .normal && (expected == nil || product?.name == expected),
            expected: expected, product: product, imageScore: examination.detection.imageScore,
            imageThreshold: calibration.imageThreshold, pValue: calibration.pValue(examination.detection.imageScore),
            model: examination.model, calibration: calibration.identity)
    }
}
