import ArgumentParser
import DetectionCore
import Foundation
import InspectionDomain
import InspectionPipeline

struct CalibrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Recalibrates a line's model on newer flawless images.",
        discussion: """
            The running daemon uses the new thresholds from the next frame on; --rollback restores the previous ones. \
            Without --false-alarm-rate and --confidence, the line's configuration sets the rate, also after later \
            changes to it; with them, this calibration keeps its own rate until the next calibration.

              inspectctl calibrate --line plate --normal /data/plate/this-week --dry-run
              inspectctl calibrate --line plate --from-history 7d
              inspectctl calibrate --line plate --from-history 7d --include-alarms --dry-run
              inspectctl calibrate --line plate --rollback
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var rule: RuleOptions
    @OptionGroup var images: TrainingDataArguments

    @Option(help: ArgumentHelp("The line of the configuration.", valueName: "line"), completion: .lines)
    var line: String

    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("Folders of flawless images.", valueName: "folder"),
        completion: .directory)
    var normal: [String] = []

    @Option(
        help: ArgumentHelp(
            "Use the line's archived frames of this last period that were called normal.", valueName: "7d"))
    var fromHistory: String?

    @Flag(
        help: ArgumentHelp(
            "With --from-history: also use frames called anomalous. Check them first: each must be flawless."))
    var includeAlarms = false

    @Option(
        help: ArgumentHelp(
            "With --normal: the version of the model to calibrate, as after `inspectctl model import`; it becomes the "
                + "active one.", valueName: "n"))
    var modelVersion: Int?

    @Flag(help: "Skip images that the model was fitted on; by default they are listed and the calibration is refused.")
    var skipFitted = false

    @Flag(help: "Calibrate the line's product gate instead of its model.")
    var gate = false

    @Flag(help: "Only show the old and new thresholds and the verdicts that would change.")
    var dryRun = false

    @Flag(help: "Restore the calibration before the active one.")
    var rollback = false

    @Option(
        help: ArgumentHelp("Number of the line's last frames to compare under both thresholds.", valueName: "n"))
    var last = 1000

    func validate() throws {
        guard (normal.isEmpty ? 0 : 1) + (fromHistory == nil ? 0 : 1) + (rollback ? 1 : 0) == 1 else {
            throw ValidationError("give one of --normal FOLDER, --from-history TIME and --rollback")
        }
        guard !includeAlarms || fromHistory != nil else {
            throw ValidationError("--include-alarms needs --from-history")
        }
        if let fromHistory, Quantity.duration(fromHistory) == nil {
            throw ValidationError("--from-history needs \(Quantity.durationsAllowed), got '\(fromHistory)'")
        }
        guard modelVersion == nil || !normal.isEmpty else {
            throw ValidationError("--model-version needs --normal")
        }
        guard last > 0 else { throw ValidationError("--last must be above 0, got \(last)") }
    }

    func run() throws {
        let (configuration, line) = try global.line(line)
        let store = ModelStore(folder: configuration.modelsPath)
        let name = try modelName(line)
        if rollback { return try rollBack(store, name) }
        if let modelVersion { return try calibrate(modelVersion, of: name, store, configuration, line) }
        let model = try store.load(name)
        let (found, source) = try pictures(configuration, line)
        let bars = PhaseProgress(global)
        let wanted = rule.rule(line)
        let judged = try CalibrationImages(
            found, folders: normal, for: model.record,
            training: try store.training(name, version: model.record.version), options: images.options,
            skipsFitted: skipFitted, workers: ProcessInfo.processInfo.activeProcessorCount, progress: bars.callback)
        for remark in judged.remarks { bars.remark(remark) }
        _ = try wanted.k(ofParts: judged.parts.count, images: judged.frames.count)
        let scores = try FrameScorer.score(
            judged.frames, model: model.model, workers: ProcessInfo.processInfo.activeProcessorCount,
            phase: "calibration",
            progress: bars.callback)
        bars.finish()
        let recalibration = try Recalibration(
            model: model, scores: PartScores.largest(scores, parts: judged.parts), images: scores.count,
            source: source, rule: wanted)
        let recent = try History.recentScores(configuration, line: line.name, model: model.identity, last: last)
        let report = CalibrationReport(
            recalibration, old: try model.stored.deciding(for: line.rule), recent: recent, line: line.name,
            applied: !dryRun, sharing: configuration.lines.filter { [$0.model, $0.gate].contains(name) }.map(\.name))
        if !dryRun {
            try store.add(
                StoredCalibration(recalibration.calibration, overridesLine: rule.isExplicit), to: name,
                version: model.record.version)
        }
        switch global.format {
        case .text: Output.print(report.text)
        case .json: try Output.printJSON(report)
        }
    }

    /// The first calibration of a version that has none, or a new one of a version that is not in service.
    private func calibrate(
        _ version: Int, of name: String, _ store: ModelStore, _ configuration: Configuration, _ line: Configuration.Line
    ) throws {
        let (record, model) = try store.model(name, version: version)
        let (found, source) = try pictures(configuration, line)
        let wanted = rule.rule(line)
        let bars = PhaseProgress(global)
        let judged = try CalibrationImages(
            found, folders: normal, for: record, training: try store.training(name, version: version),
            options: images.options, skipsFitted: skipFitted,
            workers: ProcessInfo.processInfo.activeProcessorCount, progress: bars.callback)
        for remark in judged.remarks { bars.remark(remark) }
        _ = try wanted.k(ofParts: judged.parts.count, images: judged.frames.count)
        let scores = try FrameScorer.score(
            judged.frames, model: model, workers: ProcessInfo.processInfo.activeProcessorCount, phase: "calibration",
            progress: bars.callback)
        bars.finish()
        let calibration = try Calibration(
            modelName: name, modelVersion: version, source: source,
            scores: PartScores.largest(scores, parts: judged.parts), images: scores.count, rule: wanted,
            id: StoredCalibration.newID())
        if !dryRun {
            try store.add(
                StoredCalibration(calibration, overridesLine: rule.isExplicit), to: name, version: record.version)
        }
        switch global.format {
        case .json: try Output.printJSON(calibration)
        case .text:
            Output.print(
                "model \(name) version \(version): image threshold \(Output.score(calibration.imageThreshold)), "
                    + "pixel threshold \(Output.score(calibration.pixelThreshold)) on \(calibration.n) images\n"
                    + "promise: \(calibration.promise)\n"
                    + (dryRun ? "dry run: nothing was changed" : "in service from the next frame on"))
        }
    }

    private func modelName(_ line: Configuration.Line) throws -> String {
        guard gate else { return line.model }
        guard let gate = line.gate else {
            throw ProgramError(.usage, "line \(line.name) has no product gate; set gate: MODEL in the configuration")
        }
        return gate
    }

    private func rollBack(_ store: ModelStore, _ model: String) throws {
        let active =
            dryRun ? try store.previewRollBackCalibration(model) : try store.rollBackCalibration(model)
        if dryRun {
            Output.print("dry run: would restore calibration \(active.current.calibration) of model \(model)")
        } else {
            try global.report(active, of: model)
        }
    }

    private func pictures(_ configuration: Configuration, _ line: Configuration.Line) throws -> (FrameSource, String) {
        guard let fromHistory, let time = Quantity.duration(fromHistory) else {
            let images = try FrameSource(folders: normal, rule: line.images, limits: configuration.decodeLimits)
            if !images.skipped.isEmpty { global.remark("skipped: \(images.skipped.text)") }
            return (images, normal.joined(separator: ", "))
        }
        let since = Date() - time.inSeconds
        let paths = try History.archivedFrames(
            configuration, line: line.name, since: since, includingAlarms: includeAlarms)
        let alarms = try History.count(configuration, line: line.name, verdict: .anomalous, since: since)
        if alarms > 0 && !includeAlarms {
            global.remark(
                "note: not used: \(alarms) frame\(alarms == 1 ? "" : "s") called anomalous in that period. Without its "
                    + "false alarms the new threshold stays too low: check the frames (`inspectctl history --line "
                    + "\(line.name) --verdict anomalous --since \(fromHistory)`), then use --include-alarms")
        }
        guard !paths.isEmpty else {
            throw ProgramError(
                .noInput,
                "line \(line.name) has no archived frames of the last \(fromHistory) to calibrate on; set "
                    + "`after: archive` for the line, or give --normal FOLDER")
        }
        return (
            FrameSource(paths: paths),
            "frames of the last \(fromHistory) "
                + (includeAlarms ? "on line \(line.name), including alarms" : "called normal on line \(line.name)")
        )
    }
}

/// The changes that a calibration makes.
struct CalibrationReport: Encodable {
    struct Thresholds: Encodable {
        var calibration: String
        var image: Double
        var pixel: Double
        var n: Int
        var falseAlarmRate: Double
        var confidence: Double?

        enum CodingKeys: String, CodingKey {
            case calibration, image, pixel, n, confidence
            case falseAlarmRate = "false_alarm_rate"
        }

        init(_ calibration: Calibration) {
            self.calibration = calibration.id
            image = calibration.imageThreshold
            pixel = calibration.pixelThreshold
            n = calibration.n
            falseAlarmRate = calibration.falseAlarmRate
            confidence = calibration.confidence
        }
    }

    var line: String
    var model: String
    var version: Int
    var old: Thresholds
    var new: Thresholds
    var source: String
    var promise: String
    /// The line's last frames that this model version scored.
    var framesCompared: Int
    var newlyAnomalous: Int
    var newlyNormal: Int
    var applied: Bool
    var linesSharingTheModel: [String]

    enum CodingKeys: String, CodingKey {
        case line, model, version, old, new, source, promise, applied
        case framesCompared = "frames_compared"
        case newlyAnomalous = "newly_anomalous"
        case newlyNormal = "newly_normal"
        case linesSharingTheModel = "lines_sharing_the_model"
    }

    init(
        _ recalibration: Recalibration, old: Calibration, recent: [Double], line: String, applied: Bool,
        sharing: [String]
    ) {
        let changes = recalibration.changes(of: recent, from: old)
        self.line = line
        model = recalibration.model.record.name
        version = recalibration.model.record.version
        self.old = Thresholds(old)
        new = Thresholds(recalibration.calibration)
        source = recalibration.calibration.source
        promise = recalibration.calibration.promise
        framesCompared = recent.count
        newlyAnomalous = changes.alarms
        newlyNormal = changes.cleared
        self.applied = applied
        linesSharingTheModel = sharing
    }

    var text: String {
        var table = Table(
            ["", "calibration", "images", "rate", "image threshold", "pixel threshold"], numeric: [2, 3, 4, 5])
        for (name, one) in [("old", old), ("new", new)] {
            table.add([
                name, one.calibration, String(one.n), Output.percent(one.falseAlarmRate), Output.score(one.image),
                Output.score(one.pixel),
            ])
        }
        var lines = [
            "line \(line), model \(model) version \(version), calibrated on \(new.n) images (\(source))", table.text,
            "promise: \(promise)",
            framesCompared == 0
                ? "no earlier frames of this line and model version to compare"
                : "of the last \(framesCompared) frames, \(newlyAnomalous) would become anomalous and \(newlyNormal) normal",
        ]
        if linesSharingTheModel.count > 1 {
            lines.append(
                "the model serves the lines \(linesSharingTheModel.joined(separator: ", ")): it changes for all of them"
            )
        }
        lines.append(
            applied ? "in service from the next frame on; --rollback undoes it" : "dry run: nothing was changed")
        return lines.joined(separator: "\n")
    }
}
