import DetectionCore
import DetectionMethods
import Foundation
import ImageFolders
import Imaging
import LinuxPlatform
import NeuralNets
import InspectionDomain

/// Fits a model on flawless images and calibrates it on others, for `inspectctl fit`.
package struct ModelFitting: Sendable {
    package var backbone: Backbone
    package var method: any FittableMethod
    package var rule: CalibrationRule
    /// Seeds the random choices: the split, channel subsets.
    package var seed: UInt64
    package var workers: Int
    /// The store of a long fit's checkpoint; nil for none.
    package var checkpoint: CheckpointStore?
    /// Receives remarks for the user.
    package var remark: (@Sendable (String) -> Void)?
    /// Watches fine-tuning after every epoch.
    package var watch: FittingWork.Watch?
    /// The images that calibrate where no calibration images are given.
    package var folds = CalibrationFolds.automatic
    /// Options for judging the images before a fit.
    package var data = TrainingDataOptions()
    /// Whether dubious images cause remarks only: for a data set that is measured as it is.
    package var onlyRemarks = false

    /// Share of a single folder that is held out for calibration.
    package static let heldOutShare = 0.2

    package init(
        backbone: Backbone, method: any FittableMethod = GaussianOptions(), rule: CalibrationRule, seed: UInt64 = 0,
        workers: Int, checkpoint: CheckpointStore? = nil, remark: (@Sendable (String) -> Void)? = nil
    ) {
        self.backbone = backbone
        self.method = method
        self.method.seed = seed
        self.rule = rule
        self.seed = seed
        self.workers = workers
        self.checkpoint = checkpoint
        self.remark = remark
    }

    /// A fitted model with the scores its thresholds follow from.
    package struct Fitted: Sendable {
        package let file: ModelFile
        package let scores: [FrameScore]
        package let pictures: Pictures
        /// The content of the model file.
        package let stored: WeightFile
        /// The course of training; nil for methods that only estimate.
        package let history: TrainingHistory?
        /// The method's own plots of its training; nil for the standard ones.
        package let trainingPictures: (@Sendable () throws -> [ReportFile])?
        /// The number of images fitted on, of all products.
        package let images: Int
        /// The time of the fit, without calibration.
        package let seconds: Double
        /// The common properties of the images fitted on, of all products; nil if the images were not judged.
        package let fittedImages: FittedImages?
        /// The record of the images fitted on.
        package let training: TrainingRecord

        /// A score for each part that the calibration counts.
        package var partScores: [(image: Double, mapMaximum: Double)] {
            PartScores.largest(scores, parts: pictures.parts)
        }
    }

    /// Fits and scores; refuses before the work when the calibration images are too few for the rule.
    /// - Throws: the errors of `pictures`, `CalibrationRule.TooFewImages`, `ModelError`, `WeightError`.
    package func fit(_ pictures: Pictures, progress: WorkProgress? = nil) throws -> Fitted {
        try fit(products: [pictures], rules: [rule], progress: progress)[0]
    }

    /// Fits one model on the images of several products together, and scores each product's calibration images.
    /// - Parameter rules: each product's rule; the product must have enough images for it.
    /// - Returns: for each product the same model, with the product's own images and scores.
    package func fit(
        products: [Pictures], rules: [CalibrationRule], progress: WorkProgress? = nil
    ) throws -> [Fitted] {
        for (pictures, rule) in zip(products, rules) {
            _ = try rule.k(ofParts: pictures.parts.count, images: pictures.calibration.count)
        }
        let started = Date()
        // One model sees one range of intensities, whatever the products are.
        let profiles = products.flatMap { $0.fittingProfiles + $0.calibrationProfiles }
        let intensity = profiles.isEmpty ? nil : TrainingData.intensity(profiles, self.data.intensity)
        let products = products.map { $0.with(intensity) }
        var frames = FrameSource(
            files: products.flatMap(\.fitting.files).sorted(), limits: products.first?.fitting.limits ?? .default)
        frames.intensity = intensity
        var work = FittingWork(
            workers: workers, progress: progress, checkpoint: checkpoint, remark: remark, watch: watch)
        work.parts = parts(of: frames, products)
        let detector = try method.fit(frames, backbone: backbone, work: work)
        let leftOut =
            try products.contains(where: \.areLeftOut)
            ? detector.leftOut ?? refitted(frames, folds: work.parts ?? [], progress: progress) : []
        let seconds = Date().timeIntervalSince(started)
        let fittedOn = products.flatMap(\.fittingProfiles)
        let fitted = intensity.flatMap { range in
            fittedOn.isEmpty ? nil : FittedImages(fittedOn, intensity: range, setting: self.data.intensity)
        }
        let (model, file) = (detector.model, try ModelFile(fitted: detector.model))
        let stored = try file.stored()
        return try products.map { pictures in
            let scores =
                try pictures.areLeftOut
                ? Self.scores(leftOut, of: frames, for: pictures.calibration)
                : FrameScorer.score(
                    pictures.calibration, model: model, workers: workers, phase: "calibration", progress: progress)
            return Fitted(
                file: file, scores: scores, pictures: pictures, stored: stored, history: detector.history,
                trainingPictures: detector.pictures, images: frames.count, seconds: seconds, fittedImages: fitted,
                training: TrainingRecord(fittedOn))
        }
    }

    /// The fitted model with its calibration, as one file.
    package func bundle(_ fitted: Fitted, name: String, sources: [String]) throws -> (Data, Calibration) {
        let now = Date().toTheMillisecond
        var record = record(fitted, name: name, sources: sources, at: now)
        record.version = 1
        record.sha256 = try StoredBackbones.split(fitted.stored).sha256
        let calibration = try calibration(fitted, name: name, version: 1, at: now)
        let stored = StoredCalibration(calibration, overridesLine: true)
        let bundle = try ModelBundle.encode(
            record, file: fitted.stored, calibration: stored, training: fitted.training)
        return (bundle, calibration)
    }

    /// Stores the fitted model as a new version of `name`, which decides from now on.
    /// - Parameters:
    ///   - rule: the line's rule, instead of the fit's own.
    ///   - report: makes the files of the fit's report, stored with the version.
    package func store(
        _ fitted: Fitted, as name: String, sources: [String], overridesLine: Bool, in store: ModelStore,
        rule: CalibrationRule? = nil,
        report: (_ version: Int, Calibration) throws -> [String: Data] = { _, _ in [:] }
    ) throws -> (ModelRecord, Calibration) {
        let now = Date().toTheMillisecond
        let record = record(fitted, name: name, sources: sources, at: now)
        var made: Calibration?
        let stored = try store.add(record, file: fitted.stored, training: fitted.training) { version in
            let calibration = try calibration(fitted, name: name, version: version, at: now, rule: rule)
            made = calibration
            return (
                StoredCalibration(calibration, overridesLine: overridesLine), try report(version, calibration)
            )
        }
        guard let made else { throw ModelStoreError(.damaged, "model \(name) was stored without a calibration") }
        return (stored, made)
    }

    private func record(_ fitted: Fitted, name: String, sources: [String], at date: Date) -> ModelRecord {
        let model = fitted.file.model
        var record = ModelRecord(
            name: name, method: model.method.rawValue, backbone: model.backboneName, createdAt: date,
            inputWidth: model.inputWidth, inputHeight: model.inputHeight, sources: sources,
            images: fitted.images, seed: seed)
        record.fittedImages = fitted.fittedImages
        return record
    }

    /// - Parameter rule: a line's rule, instead of the fit's own.
    package func calibration(
        _ fitted: Fitted, name: String, version: Int, at date: Date, rule: CalibrationRule? = nil
    ) throws -> Calibration {
        try Calibration(
            modelName: name, modelVersion: version, source: fitted.pictures.source,
            scores: fitted.partScores, images: fitted.scores.count, rule: rule ?? self.rule,
            isCrossConformal: fitted.pictures.areLeftOut, id: StoredCalibration.newID(at: date), createdAt: date)
    }
}
