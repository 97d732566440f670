import ArgumentParser
import DetectionCore
import DetectionMethods
import Foundation
import Imaging
import InspectionPipeline
import LinuxPlatform

/// `inspectctl evaluate METHOD`.
struct EvaluateMethod<Method: MethodArguments, Choice: BackboneChoice>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: Method.name, abstract: Method.abstract)
    }

    @OptionGroup var global: GlobalOptions
    @OptionGroup var chosen: ChosenMethod<Method, Choice>
    @OptionGroup var rule: RuleOptions
    @OptionGroup(title: "data set") var layout: DatasetArguments

    @Argument(help: "The data set's folder.", completion: .directory)
    var dataset: String

    @Option(
        help: ArgumentHelp(
            "A model of the state folder, or a file of `inspectctl fit --output`.", valueName: "name|file"),
        completion: .modelsAndFiles)
    var model: String?

    @Option(
        name: .customLong("json"), help: ArgumentHelp("Write the report to this file.", valueName: "file"),
        completion: .file()
    )
    var jsonFile: String?

    @Option(
        help: ArgumentHelp(
            "Write ROC, histogram, worst mistakes and training curves as PNG to this folder.", valueName: "folder"),
        completion: .directory)
    var plots: String?

    @Flag(
        help: """
            With --fine-tune: add the test images' AUROC after every epoch to the report and its curves. For study \
            only: it decides nothing.
            """)
    var byEpoch = false

    func validate() throws {
        guard !byEpoch || (chosen.method.untrained != nil && model == nil) else {
            throw ValidationError("--by-epoch needs --fine-tune")
        }
    }

    func run() throws {
        let configuration = try global.configuration()
        let started = Date()
        let data = try layout.read(dataset)
        // Checked before minutes of fitting.
        _ = try data.checkMasks()
        let bars = PhaseProgress(global)
        let name = URL(fileURLWithPath: dataset).standardizedFileURL.lastPathComponent
        func test(
            _ tested: any DetectorModel, _ calibration: Calibration, _ intensity: IntensityRange?
        ) throws -> Evaluator.Outcome {
            try Evaluator.test(
                tested, calibration: calibration, on: data, name: name, started: started,
                workers: chosen.fitting.workers,
                limits: configuration.decodeLimits, intensity: intensity, progress: bars.callback)
        }
        let prepared = try prepare(data, chosen.method, configuration, bars)
        var outcome = try test(prepared.model, prepared.calibration, prepared.intensity)
        outcome.report.sections = (prepared.history?.sections ?? ReportSections())
            .followed(by: outcome.report.sections)
        (outcome.report.fitSeconds, outcome.report.fitBytes) = (prepared.fitSeconds, prepared.fitBytes)
        outcome.report.epochs = byEpoch ? prepared.history?.epochs : nil
        if model == nil, let untrained = chosen.method.untrained {
            let before = try prepare(data, untrained, configuration, bars)
            outcome.report.before = try test(before.model, before.calibration, before.intensity).report.total
        }
        bars.finish()
        switch global.format {
        case .text:
            Output.print(EvaluationText.text(outcome.report, prepared.calibration))
            for text in outcome.report.sections.lines { Output.print("\n" + text) }
            if let before = outcome.report.before {
                Output.print(EvaluationText.comparison(before, outcome.report.total, outcome.report.auproLimit))
            }
        case .json: try Output.printJSON(outcome.report)
        }
        if let jsonFile { try Output.write(outcome.report, to: jsonFile) }
        if let plots {
            let files =
                try EvaluationPlots.files(outcome, dataset: data, intensity: prepared.intensity)
                + FitImages.ofTraining(prepared.history, prepared.pictures).sorted { $0.name < $1.name }
            for file in files {
                try Output.write(file.data, to: "\(plots)/\(file.name)")
                global.remark("wrote \(plots)/\(file.name)")
            }
        }
    }

    /// The products that a product gate is fitted on: the known classes of class folders.
    private func products(_ data: Dataset) throws -> [Product] {
        guard Method.isGate else { return [] }
        guard data.classes.count >= 2 else {
            throw ProgramError(
                .usage, "evaluate \(Method.name) needs class folders and --known NAME,NAME,… with at least two of them")
        }
        return data.classes.map { Product(name: $0, folder: "\(dataset)/train/\($0)") }
    }

    private struct Prepared {
        let model: any DetectorModel
        let calibration: Calibration
        var history: TrainingHistory?
        /// The method's own files about its training.
        var pictures: (@Sendable () throws -> [ReportFile])?
        let intensity: IntensityRange?
        /// Of the fit; nil for a model from a file.
        var fitSeconds: Double?
        var fitBytes: Int?
    }

    /// The model to test and the thresholds to test it with.
    private func prepare(
        _ data: Dataset, _ method: Method, _ configuration: Configuration, _ bars: PhaseProgress
    ) throws -> Prepared {
        if let model {
            let loaded = try ModelStore(folder: configuration.modelsPath).load(reference: model)
            let stored = loaded.stored.calibration
            return Prepared(
                model: loaded.model, calibration: rule.isExplicit ? try stored.under(rule.rule(nil)) : stored,
                intensity: loaded.record.fittedImages?.intensity)
        }
        var fitting = try chosen.fitting(
            configuration, rule: rule.rule(nil), method: method, products: try products(data), remark: bars.remark)
        fitting.data.intensity = try chosen.fitting.intensity.setting([])
        // A data set is evaluated as it is.
        fitting.onlyRemarks = true
        if byEpoch {
            fitting.watch = { scores in
                Metrics.Curve(
                    scores: try scores(FrameSource(files: data.test.map(\.file))),
                    isAnomalous: data.test.map(\.isAnomalous)
                ).auroc
            }
        }
        let pictures: ModelFitting.Pictures
        if Method.isGate {
            let byProduct = try products(data).map { product in
                (
                    frames: FrameSource(files: data.train.filter { $0.isInside(RawPath(product.folder)) }),
                    source: product.folder
                )
            }
            pictures = try fitting.pictures(ofEach: byProduct, progress: bars.callback)
        } else if data.validation.isEmpty {
            pictures = try fitting.pictures(
                of: FrameSource(files: data.train, limits: configuration.decodeLimits), source: "\(dataset)/train",
                progress: bars.callback)
        } else {
            pictures = try fitting.pictures(
                fitting: FrameSource(files: data.train, limits: configuration.decodeLimits),
                calibration: FrameSource(files: data.validation, limits: configuration.decodeLimits),
                source: "\(dataset)/validation", progress: bars.callback)
        }
        try warn(data, pictures, configuration, bars)
        let fitted = try fitting.fit(pictures, progress: bars.callback)
        let fitBytes = ProcessMemory.peak
        return Prepared(
            model: fitted.file.model,
            calibration: try fitting.calibration(fitted, name: "evaluation", version: 1, at: Date()),
            history: fitted.history, pictures: fitted.trainingPictures,
            intensity: fitted.pictures.calibration.intensity, fitSeconds: fitted.seconds, fitBytes: fitBytes
        )
    }

    /// Warns when flawless test images show parts that the model was fitted on: the results are then too good.
    private func warn(
        _ data: Dataset, _ pictures: ModelFitting.Pictures, _ configuration: Configuration, _ bars: PhaseProgress
    ) throws {
        let good = data.test.filter { !$0.isAnomalous }.map(\.file)
        let tested = try ImageProfiles(
            FrameSource(files: good, limits: configuration.decodeLimits), workers: chosen.fitting.workers,
            progress: bars.callback)
        let leak = TrainingData.leakage(
            fitting: pictures.fittingProfiles, calibration: tested.profiles, kind: "flawless test")
        if let leak { bars.remark("warning: " + leak) }
    }
}
