import DetectionCore
import DetectionMethods
import Foundation
import InspectionPipeline
import NeuralNets

/// How a model is fitted on images of flawless parts.
public struct Fitting: Sendable {
    /// The detection methods with their default settings.
    public enum Method: String, Sendable, CaseIterable {
        /// Mahalanobis distance on pretrained features: fits in seconds.
        case gaussian
        /// Grid-based continuous normal representation: fits in minutes, finds small defects.
        case grad
        /// Nearest neighbour among remembered patches.
        case patchCore = "patchcore"
    }

    public var method = Method.gaussian
    /// Tolerated share of flawless images called anomalous, above 0 and below 1. The thresholds hold it on average over
    /// new images of the same kind.
    public var falseAlarmRate = 0.01
    /// Hold the rate with this probability instead of on average; needs more calibration images.
    public var confidence: Double?
    /// Seeds everything that is drawn at random: the same seed, images and machine give the same model bit for bit.
    public var seed: UInt64 = 0
    /// Images worked on side by side.
    public var workers = ProcessInfo.processInfo.activeProcessorCount
    /// Called from any thread with the steps done, the steps in all, and what is being done.
    public var progress: (@Sendable (_ done: Int, _ total: Int, _ phase: String) -> Void)?

    public init() {}

    /// Fits a model and calibrates its thresholds.
    ///
    /// - Parameters:
    ///   - folders: folders of flawless images; subfolders are searched.
    ///   - calibration: folders of other flawless images for the thresholds. Without any, the Gaussian detector scores
    ///     each image without its part; for the others a fifth of the images is held out, near-duplicates together. A
    ///     rate of 0.01 needs at least 99 calibration images of different parts.
    /// - Throws: `InspectionKitError`: images that cannot be read or that nothing can be learnt from, too few images.
    public func fit(_ folders: [URL], calibration: [URL] = []) throws -> Model {
        guard falseAlarmRate > 0, falseAlarmRate < 1 else {
            throw InspectionKitError("falseAlarmRate must be above 0 and below 1, got \(falseAlarmRate)")
        }
        return try InspectionKitError.wrapping {
            let rule = CalibrationRule(rate: falseAlarmRate, confidence: confidence)
            let fitting = ModelFitting(
                backbone: try BackboneCatalog(folder: "").load(nil), method: fittable, rule: rule, seed: seed,
                workers: workers)
            let pictures = try fitting.pictures(
                normal: folders.map(\.path), calibration: calibration.map(\.path), progress: progress)
            let fitted = try fitting.fit(pictures, progress: progress)
            let (bundle, _) = try fitting.bundle(fitted, name: method.rawValue, sources: folders.map(\.path))
            return try Model(data: bundle)
        }
    }

    private var fittable: any FittableMethod {
        switch method {
        case .gaussian: GaussianOptions()
        case .grad: GRADOptions()
        case .patchCore: PatchCoreOptions()
        }
    }
}
