import AnomalyDetectors
import ArgumentParser
import Foundation
import InspectionPipeline

struct FitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Fits a model on pictures of flawless parts, and calibrates it.",
        discussion: """
            With --line, the model is stored as the next version of the line's model, and a running daemon uses it from the
            next frame on. With --output, it is written to a file for `inspectctl inspect`. Pictures are searched in the
            folders and their subfolders. Without --calibration, a fifth of the pictures is held out for it, pictures of the
            same part together.

              inspectctl fit --line plate --normal /data/plate/good
              inspectctl fit --normal good --calibration good2 --output plate.model
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var detector: DetectorOptions
    @OptionGroup var rule: RuleOptions

    @Option(help: ArgumentHelp("Store the model for this line of the configuration.", valueName: "line"))
    var line: String?

    @Option(help: ArgumentHelp("Write the calibrated model to a file instead.", valueName: "file"))
    var output: String?

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Folders of flawless pictures.", valueName: "folder"))
    var normal: [String]

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Folders of other flawless pictures to calibrate on.", valueName: "folder"))
    var calibration: [String] = []

    func validate() throws {
        guard (line == nil) != (output == nil) else {
            throw ValidationError("give either --line LINE or --output FILE")
        }
        guard !normal.isEmpty else { throw ValidationError("--normal needs at least one folder") }
    }

    func run() throws {
        let (configuration, target) =
            try line.map { name in
                let (configuration, line) = try global.line(name)
                return (configuration, Optional(line))
            } ?? (try global.configuration(), nil)
        let started = Date()
        let checkpoint = CheckpointStore.file(checkpointPath(configuration, target))
        let fitting = try detector.fitting(configuration, rule: rule.rule(target), checkpoint: checkpoint)
        let bars = PhaseProgress(global)
        let pictures = try fitting.pictures(normal: normal, calibration: calibration, progress: bars.callback)
        let fitted = try fitting.fit(pictures, progress: bars.callback)
        bars.finish()
        var report = FitReport(fitted, seconds: Date().timeIntervalSince(started))
        if let target {
            let store = ModelStore(folder: configuration.modelsPath)
            let (record, _) = try fitting.store(
                fitted, as: target.model, sources: normal, overridesLine: rule.isExplicit, in: store
            ) { version, calibration in
                report.note(calibration, model: target.model, version: version, file: nil)
                return try FitPictures.files(fitted, calibration: calibration, report: report)
            }
            global.remark("report in \(store.reportPath(record.name, record.version))")
        } else if let output {
            let name = URL(fileURLWithPath: output).deletingPathExtension().lastPathComponent
            let (bundle, calibration) = try fitting.bundle(fitted, name: name, sources: normal)
            try Output.write(bundle, to: output)
            report.note(calibration, model: calibration.modelName, version: 1, file: output)
        }
        checkpoint.discard()
        switch global.format {
        case .text: Output.print(report.text)
        case .json: try Output.printJSON(report)
        }
    }
}

extension FitCommand {
    /// Where an interrupted fit of the same line or file finds its state.
    private func checkpointPath(_ configuration: Configuration, _ target: Configuration.Line?) -> String {
        if let target { return "\(configuration.fittingPath)/\(target.model).checkpoint" }
        return (output ?? "model") + ".checkpoint"
    }
}

/// What `fit` did.
struct FitReport: Encodable {
    var model = ""
    var version = 0
    var file: String?
    var fittedOn: Int
    var calibratedOn: Int
    var calibration = ""
    var calibrationSource: String
    var falseAlarmRate = 0.0
    var confidence: Double?
    var imageThreshold = 0.0
    var pixelThreshold = 0.0
    var theoreticalThreshold: Double?
    var promise = ""
    /// Of the whole fit, and of the detector alone.
    var seconds: Double
    var fitSeconds: Double
    var training: TrainingHistory?

    enum CodingKeys: String, CodingKey {
        case model, version, file, calibration, confidence, promise, seconds, training
        case fitSeconds = "fit_seconds"
        case fittedOn = "fitted_on"
        case calibratedOn = "calibrated_on"
        case calibrationSource = "calibration_source"
        case falseAlarmRate = "false_alarm_rate"
        case imageThreshold = "image_threshold"
        case pixelThreshold = "pixel_threshold"
        case theoreticalThreshold = "theoretical_threshold"
    }

    init(_ fitted: ModelFitting.Fitted, seconds: Double) {
        fittedOn = fitted.pictures.fitting.count
        calibratedOn = fitted.pictures.calibration.count
        calibrationSource = fitted.pictures.source
        theoreticalThreshold = (fitted.file.model as? GaussianModel)?.theoreticalThreshold
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
            "fitted on \(fittedOn) pictures, calibrated on \(calibratedOn) (\(calibrationSource))"
                + String(format: ", %.1f s", seconds),
            "image threshold \(Output.score(imageThreshold)), pixel threshold \(Output.score(pixelThreshold))",
        ]
        if let theoreticalThreshold {
            lines.append("theoretical threshold (chi-square, for comparison) \(Output.score(theoreticalThreshold))")
        }
        if let training, training.epochs.indices.contains(training.bestEpoch) {
            let best = training.epochs[training.bestEpoch]
            lines.append(
                "trained \(training.epochs.count) epochs on \(training.fitting) pictures"
                    + (training.stoppedEarly ? ", stopped early" : "")
                    + String(format: "; epoch %d is kept, loss %.4g", training.bestEpoch + 1, best.loss)
                    + (best.heldOutLoss.map { String(format: ", %.4g on %d kept apart", $0, training.heldOut) } ?? ""))
        }
        lines.append("promise: " + promise)
        return lines.joined(separator: "\n")
    }
}
