import ArgumentParser
import DetectionCore
import DetectionMethods
import Foundation
import ImageFolders
import InspectionPipeline

/// `inspectctl fit METHOD`.
struct FitMethod<Method: MethodArguments, Choice: BackboneChoice>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: Method.name, abstract: Method.abstract)
    }

    @OptionGroup var global: GlobalOptions
    @OptionGroup var chosen: ChosenMethod<Method, Choice>
    @OptionGroup var rule: RuleOptions
    @OptionGroup var images: TrainingDataArguments

    @Option(
        help: ArgumentHelp(
            "Store the model for this line of the configuration; repeat it with --normal for one model of several "
                + "products, calibrated for each line separately.", valueName: "line"), completion: .lines)
    var line: [String] = []

    @Option(
        help: ArgumentHelp("Write the calibrated model to this file instead.", valueName: "file"), completion: .file())
    var output: String?

    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("Folders of flawless images.", valueName: "folder"),
        completion: .directory)
    var normal: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Folders of other flawless images to calibrate on.", valueName: "folder"),
        completion: .directory)
    var calibration: [String] = []

    func validate() throws {
        guard line.isEmpty != (output == nil) else {
            throw ValidationError("give either --line LINE or --output FILE")
        }
        if Method.isGate {
            guard try chosen.method.products.count >= 2, normal.isEmpty else {
                throw ValidationError("fit \(Method.name) needs --class NAME=FOLDER at least twice, and no --normal")
            }
            guard line.count <= 1 else { throw ValidationError("a product gate is fitted for one line at a time") }
        } else {
            guard !normal.isEmpty else { throw ValidationError("--normal needs at least one folder") }
        }
        guard line.count > 1 else { return }
        guard normal.count == line.count, calibration.isEmpty || calibration.count == line.count else {
            throw ValidationError(
                "\(line.count) lines need one --normal folder each, in the same order, and as many --calibration folders "
                    + "or none"
            )
        }
    }

    func run() throws {
        let configuration = try global.configuration()
        let targets = try targets(configuration)
        let started = Date()
        let checkpoint = CheckpointStore.file(checkpointPath(configuration, targets))
        let bars = PhaseProgress(global)
        var fitting = try chosen.fitting(
            configuration, rule: rule.rule(targets.first), products: try chosen.method.products,
            checkpoint: checkpoint, remark: bars.remark)
        fitting.data = images.options
        fitting.data.intensity = try chosen.fitting.intensity.setting(targets)
        // Images of several products in one folder are unlike each other.
        if Method.isGate, !calibration.isEmpty { fitting.data.keepsOutliers = true }
        let folders = try folders
        let products = try folders.enumerated().map { index, sets in
            try pictures(sets, fitting, index < targets.count ? targets[index] : nil, configuration, bars)
        }
        let rules = targets.isEmpty ? [rule.rule(nil)] : targets.map { rule.rule($0) }
        let fitted = try fitting.fit(products: products, rules: rules, progress: bars.callback)
        bars.finish()
        let seconds = Date().timeIntervalSince(started)
        let reports =
            try output.map { [try write(fitted[0], fitting, sources: folders[0].normal, to: $0, seconds: seconds)] }
            ?? targets.indices.map { index in
                try store(
                    fitted[index], fitting, for: targets[index], sources: folders[index].normal, configuration,
                    seconds: seconds)
            }
        checkpoint.discard()
        switch global.format {
        case .text: Output.print(reports.map(\.text).joined(separator: "\n\n"))
        case .json: if reports.count == 1 { try Output.printJSON(reports[0]) } else { try Output.printJSON(reports) }
        }
    }

    /// The lines that models are fitted for, each with the model it is stored as.
    private func targets(_ configuration: Configuration) throws -> [Configuration.Line] {
        let targets = try line.map { name in
            var target = try global.line(name).1
            // A product gate is stored under the name of the line's gate.
            if Method.isGate { target.model = target.gate ?? target.model }
            return target
        }
        guard Set(targets.map(\.model)).count == targets.count else {
            throw ProgramError(
                .usage,
                "the lines \(line.joined(separator: ", ")) share a model, but each needs its own calibration: "
                    + "give each line its own model in the configuration")
        }
        // Checked now, not after hours of fitting.
        try WritablePlace.check(file: checkpointPath(configuration, targets))
        if let output { try WritablePlace.check(file: output) }
        for target in targets { try WritablePlace.check(folder: "\(configuration.modelsPath)/\(target.model)") }
        return targets
    }

    private func pictures(
        _ sets: (normal: [String], calibration: [String]), _ fitting: ModelFitting, _ target: Configuration.Line?,
        _ configuration: Configuration, _ bars: PhaseProgress
    ) throws -> ModelFitting.Pictures {
        let images = target?.images ?? ImageRule(), limits = configuration.decodeLimits
        var fitting = fitting
        if let target { fitting.rule = rule.rule(target) }
        guard Method.isGate && sets.calibration.isEmpty else {
            return try fitting.pictures(
                normal: sets.normal, calibration: sets.calibration, rule: images, limits: limits,
                progress: bars.callback)
        }
        return try fitting.pictures(
            ofEach: try sets.normal.map { (try FrameSource(folders: [$0], rule: images, limits: limits), $0) },
            progress: bars.callback)
    }

    /// The folders of each product: all folders for one line or file, one folder each for several lines.
    private var folders: [(normal: [String], calibration: [String])] {
        get throws {
            if Method.isGate { return [(try chosen.method.products.map(\.folder), calibration)] }
            guard line.count > 1 else { return [(normal, calibration)] }
            return normal.indices.map { ([normal[$0]], calibration.isEmpty ? [] : [calibration[$0]]) }
        }
    }

    private func store(
        _ fitted: ModelFitting.Fitted, _ fitting: ModelFitting, for target: Configuration.Line, sources: [String],
        _ configuration: Configuration, seconds: Double
    ) throws -> FitReport {
        var report = FitReport(fitted, seconds: seconds)
        let store = ModelStore(folder: configuration.modelsPath)
        let (record, _) = try fitting.store(
            fitted, as: target.model, sources: sources, overridesLine: rule.isExplicit, in: store,
            rule: rule.rule(target)
        ) { version, calibration in
            report.note(calibration, model: target.model, version: version, file: nil)
            return try FitImages.files(fitted, calibration: calibration, report: report)
        }
        global.remark("report in \(store.reportPath(record.name, record.version))")
        return report
    }

    private func write(
        _ fitted: ModelFitting.Fitted, _ fitting: ModelFitting, sources: [String], to output: String, seconds: Double
    ) throws -> FitReport {
        var report = FitReport(fitted, seconds: seconds)
        let name = URL(fileURLWithPath: output).deletingPathExtension().lastPathComponent
        let (bundle, calibration) = try fitting.bundle(fitted, name: name, sources: sources)
        try Output.write(bundle, to: output)
        report.note(calibration, model: calibration.modelName, version: 1, file: output)
        return report
    }

    /// The checkpoint from which an interrupted fit of the same lines or file resumes.
    private func checkpointPath(_ configuration: Configuration, _ targets: [Configuration.Line]) -> String {
        if let output { return output + ".checkpoint" }
        return "\(configuration.fittingPath)/\(targets.map(\.model).joined(separator: "+")).checkpoint"
    }
}
