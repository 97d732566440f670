import DetectionCore
import Foundation
import Imaging
import InspectionDomain

/// What was found in one frame, before anything is written: decode → detect → threshold → regions.
public struct Examination: Sendable {
    public let frame: Frame
    public let detection: Detection
    public fileprivate(set) var verdict: Verdict
    /// Where the map is above the pixel threshold, at the frame's own size; nowhere on a wrong product.
    public fileprivate(set) var regions: RegionMap
    /// What the line's gate said, where it has one.
    public fileprivate(set) var gate: GateResult?
    public let calibration: Calibration
    public let model: ModelIdentity
    public var timing: StageTimings
    /// What result.json remarks on: the decoder's remarks first.
    public var remarks: [String]
    /// In which ways the frame is unlike the images that the model was fitted on, in words.
    let differences: [(kind: FittedImages.Difference, text: String)]
    /// The size that the model was fitted on, when the frame has another.
    package let fittedSize: [Int]?

    /// What the frame was recognised as, by the gate or by the detector itself.
    public var product: RecognizedProduct? { gate?.product ?? detection.product }

    /// The record of this frame; times and files are filled in by whoever writes it.
    public func inspection(resultID: String, line: String, image: ImageInfo, createdAt: Date) -> Inspection {
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
            regions: regions.regions, model: model, calibration: calibration.identity, product: product,
            gate: gate, timingMilliseconds: timing, remarks: remarks)
    }
}

/// Examines frames one after another, with a detector per model. One per worker: it is not thread-safe.
public final class FrameExaminer {
    private let threads: Int
    private let limits: DecodeLimits
    /// By model name: the latest version's detector.
    private var detectors: [String: (record: ModelRecord, detector: any Detector)] = [:]

    /// - Parameters:
    ///   - threads: how many cores one frame may use.
    ///   - limits: what a picture may decode to.
    public init(threads: Int, limits: DecodeLimits) {
        self.threads = threads
        self.limits = limits
    }

    /// What a line puts before its detector.
    public struct Gate: Sendable {
        public let model: LoadedModel
        /// The product that it must recognise; nil for any that it knows.
        public let expected: String?

        public init(model: LoadedModel, expected: String?) { (self.model, self.expected) = (model, expected) }
    }

    /// - Parameters:
    ///   - data: the picture's file.
    ///   - gate: looks first; a frame that it does not let pass is examined no further.
    ///   - rule: what the line wants of its thresholds.
    ///   - note: told of each stage as it begins.
    /// - Throws: `ImageError` for a picture that cannot be read, `CalibrationRule.TooFewImages`, `WeightError`.
    public func examine(
        _ data: Data, with model: LoadedModel, behind gate: Gate? = nil, rule: CalibrationRule,
        note: (String) -> Void = { _ in }
    ) throws -> Examination {
        note("decode")
        let start = ContinuousClock.now
        let frame = try Frame.decode(data, limits: limits)
        var timing = StageTimings()
        timing.decode = (ContinuousClock.now - start).inMilliseconds

        guard let gate else {
            note("detect")
            return try examine(frame, with: model, rule: rule, timing: timing)
        }
        note("gate")
        let entering = ContinuousClock.now
        var atGate = try examine(frame, with: gate.model, rule: rule, timing: timing)
        let result = GateResult(atGate, expected: gate.expected)
        guard result.passed else {
            (atGate.verdict, atGate.gate) = (.anomalous, result)
            atGate.regions = RegionMap(
                atGate.detection.map, threshold: .infinity, width: frame.width, height: frame.height)
            return atGate
        }
        timing.gate = (ContinuousClock.now - entering).inMilliseconds
        note("detect")
        var examination = try examine(frame, with: model, rule: rule, timing: timing)
        examination.gate = result
        return examination
    }

    private func examine(
        _ decoded: Frame, with model: LoadedModel, rule: CalibrationRule, timing: StageTimings
    ) throws -> Examination {
        let fitted = model.record.fittedImages
        let differences = fitted?.remarks(on: decoded) ?? []
        let frame = decoded.stretched(fitted?.intensity)
        let calibration = try model.stored.deciding(for: rule)
        let detection = try detector(for: model).detect(frame)
        let detected = ContinuousClock.now
        guard detection.isFinite, (detection.imageScore / calibration.imageThreshold).isFinite else {
            throw InspectionError(
                code: InspectionError.notFinite,
                message:
                    "\(model.record.name) version \(model.record.version) gave no finite score for this frame (score "
                    + "\(detection.imageScore), threshold \(calibration.imageThreshold)); if other frames of the line end so "
                    + "too, the model is damaged: `inspectctl model rollback`, or fit again")
        }
        let regions = RegionMap(
            detection.map, threshold: Float(calibration.pixelThreshold), width: frame.width, height: frame.height)

        var timing = timing
        timing.preprocess = detection.preprocess
        timing.backbone = detection.backbone
        timing.detect = detection.detect + (ContinuousClock.now - detected).inMilliseconds
        return Examination(
            frame: frame, detection: detection, verdict: calibration.verdict(detection.imageScore), regions: regions,
            gate: nil, calibration: calibration, model: model.identity, timing: timing,
            remarks: frame.remarks + differences.map(\.text), differences: differences,
            fittedSize: fitted?.expectedSize(width: frame.width, height: frame.height))
    }

    private func detector(for model: LoadedModel) throws -> any Detector {
        if let known = detectors[model.record.name], known.record == model.record { return known.detector }
        // The old version's buffers go before the new one's come.
        detectors[model.record.name] = nil
        let detector = try model.model.makeDetector(threads: threads)
        detectors[model.record.name] = (model.record, detector)
        return detector
    }

    /// Drops the detectors of models that no line uses any more.
    public func keepOnly(_ names: Set<String>) {
        detectors = detectors.filter { names.contains($0.key) }
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

extension Duration {
    /// For timings.
    public var inMilliseconds: Double { inSeconds * 1000 }
}
