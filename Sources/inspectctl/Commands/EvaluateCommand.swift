import AnomalyDetectors
import ArgumentParser
import Foundation
import Imaging
import InspectionPipeline
import LinuxPlatform

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measures a detector on a data set with known defects.",
        discussion: """
            The data set has the MVTec AD layout: train/good, optionally validation/good, test/good, test/<defect>,
            ground_truth/<defect>/<stem>_mask.png (or <stem>.png; any value, colour or palette index above 0 is defective). Fits on train, calibrates on validation (or on a held-out fifth of train),
            tests; with --model, only tests, with that model's calibration. GANomaly's layout, train/0.normal, test/0.normal and
            test/1.abnormal, is read too; and class folders, train/<class> and test/<class>, when --one-class, --abnormal-class
            or --known says which of them are normal.

              inspectctl evaluate magnetic_tile --backbone mobilenetv1.safetensors --plots plots --json report.json
              inspectctl evaluate magnetic_tile --model tile
              inspectctl evaluate cifar10 --method gradcon --one-class airplane
              inspectctl evaluate cifar10 --method odin --known airplane,automobile,bird,cat,deer
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var detector: DetectorOptions
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
        name: .customLong("json"), help: ArgumentHelp("Write the report there.", valueName: "file"), completion: .file()
    )
    var jsonFile: String?

    @Option(
        help: ArgumentHelp(
            "Write ROC, histogram, the worst mistakes and the course of training as PNG there.", valueName: "folder"),
        completion: .directory)
    var plots: String?

    @Flag(
        help: """
            With --fine-tune: the test pictures' image AUROC after every epoch, in the report and its curves. For study: \
            nothing is decided by it.
            """)
    var byEpoch = false

    func validate() throws {
        guard !byEpoch || (detector.fineTuning.fineTune && model == nil) else {
            throw ValidationError("--by-epoch belongs to --fine-tune")
        }
    }

    func run() throws {
        let configuration = try global.configuration()
        let started = Date()
        let data = try layout.read(dataset)
        // Before minutes of fitting.
        _ = try data.checkMasks()
        let bars = PhaseProgress(global)
        let name = URL(fileURLWithPath: dataset).standardizedFileURL.lastPathComponent
        func test(
            _ tested: any DetectorModel, _ calibration: Calibration, _ intensity: IntensityRange?
        ) throws -> Evaluator.Outcome {
            try Evaluator.test(
                tested, calibration: calibration, on: data, name: name, started: started, workers: detector.workers,
                limits: configuration.decodeLimits, intensity: intensity, progress: bars.callback)
        }
        let prepared = try prepare(data, detector, configuration, bars)
        var outcome = try test(prepared.model, prepared.calibration, prepared.intensity)
        if let gate = prepared.model as? ODINModel {
            outcome.report.odin = try ODINEvaluation.run(
                gate, known: data.test.filter { !$0.isAnomalous }.map { ($0.path, Self.folderName($0.path)) },
                unknown: data.test.filter(\.isAnomalous).map(\.path), workers: detector.workers,
                progress: bars.callback)
        }
        outcome.report.fineTuning = prepared.history?.fineTuning
        outcome.report.epochs = byEpoch ? prepared.history?.epochs : nil
        if model == nil, detector.fineTuning.fineTune {
            var pretrained = detector
            pretrained.fineTuning.fineTune = false
            let before = try prepare(data, pretrained, configuration, bars)
            outcome.report.before = try test(before.model, before.calibration, before.intensity).report.total
        }
        bars.finish()
        switch global.format {
        case .text:
            Output.print(EvaluationText.text(outcome.report, prepared.calibration))
            if let table = outcome.report.odin { Output.print(EvaluationText.table(table)) }
            if let summary = prepared.history?.fineTuning, let history = prepared.history {
                Output.print("\n" + FineTuningReport.text(summary, history))
            }
            if let before = outcome.report.before {
                Output.print(EvaluationText.comparison(before, outcome.report.total, outcome.report.auproLimit))
            }
        case .json: try Output.printJSON(outcome.report)
        }
        if let jsonFile { try Output.write(outcome.report, to: jsonFile) }
        if let plots {
            for path in try EvaluationPlots.write(outcome, dataset: data, intensity: prepared.intensity, to: plots) {
                global.remark("wrote \(path)")
            }
            let curves = prepared.history.map { FitPictures.curves($0) } ?? [:]
            for (file, picture) in curves.sorted(by: { $0.key < $1.key }) {
                try Output.write(try picture.encodedPNG(compression: .small), to: "\(plots)/\(file)")
                global.remark("wrote \(plots)/\(file)")
            }
        }
    }

    /// What a gate is fitted on: the known classes of class folders, or what `--class` names.
    private func products(_ data: Dataset) throws -> [ODINOptions.Product] {
        guard detector.method == .odin else { return [] }
        guard data.classes.count >= 2 else {
            throw ProgramError(
                .usage, "--method odin needs class folders and --known NAME,NAME,… with at least two of them")
        }
        return data.classes.map { ODINOptions.Product(name: $0, folder: "\(dataset)/train/\($0)") }
    }

    private static func folderName(_ path: String) -> String {
        URL(fileURLWithPath: path).deletingLastPathComponent().lastPathComponent
    }

    private struct Prepared {
        let model: any DetectorModel
        let calibration: Calibration
        var history: TrainingHistory?
        let intensity: IntensityRange?
    }

    /// The model to test and the thresholds to test it with.
    private func prepare(
        _ data: Dataset, _ detector: DetectorOptions, _ configuration: Configuration, _ bars: PhaseProgress
    ) throws -> Prepared {
        if let model {
            let loaded = try ModelStore(folder: configuration.modelsPath).load(reference: model)
            let stored = loaded.stored.calibration
            return Prepared(
                model: loaded.model, calibration: rule.isExplicit ? try stored.under(rule.rule(nil)) : stored,
                intensity: loaded.record.fittedImages?.intensity)
        }
        var fitting = try detector.fitting(
            configuration, rule: rule.rule(nil), products: try products(data), remark: bars.remark)
        fitting.data.intensity = try detector.intensity.setting([])
        // A data set is measured as it is.
        fitting.onlyRemarks = true
        if byEpoch, let options = fitting.method as? GaussianOptions {
            fitting.watch = { [workers = detector.workers] backbone, levels in
                try Evaluator.imageAUROC(backbone, levels, on: data, options: options, workers: workers)
            }
        }
        let pictures: ModelFitting.Pictures
        if detector.method == .odin {
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
        return Prepared(
            model: fitted.file.model,
            calibration: try fitting.calibration(fitted, name: "evaluation", version: 1, at: Date()),
            history: fitted.history, intensity: fitted.pictures.calibration.intensity)
    }

    /// Says when flawless test images show what was fitted on: the numbers are better than reality then.
    private func warn(
        _ data: Dataset, _ pictures: ModelFitting.Pictures, _ configuration: Configuration, _ bars: PhaseProgress
    ) throws {
        let good = data.test.filter { !$0.isAnomalous }.map(\.file)
        let tested = try ImageProfiles(
            FrameSource(files: good, limits: configuration.decodeLimits), workers: detector.workers,
            progress: bars.callback)
        let leak = TrainingData.leakage(
            fitting: pictures.fittingProfiles, calibration: tested.profiles, kind: "flawless test")
        if let leak { bars.remark("warning: " + leak) }
    }
}
