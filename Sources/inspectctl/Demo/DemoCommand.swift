import ArgumentParser
import DetectionCore
import Foundation
import InspectionPipeline
import SampleFrames

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Demonstrates fit, calibration and the daemon on sample frames; needs no root and no network.",
        discussion: """
            Draws frames of two products, fits and calibrates a model for each, starts the real daemon on two watched \
            folders, writes flawless and defective frames into them, and shows the verdicts. All files stay in the \
            folder.

              inspectctl demo /tmp/inspectd-demo
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The folder for all files.", valueName: "dir"), completion: .directory)
    var folder = "inspectd-demo"

    @Option(help: ArgumentHelp("Flawless frames of the training folder, per product.", valueName: "n"))
    var fit = 80

    @Option(
        help: ArgumentHelp(
            "Flawless frames of the validation folder, per product; both are fitted and calibrated on.", valueName: "n")
    )
    var calibrate = 60

    @Option(help: ArgumentHelp("Flawless frames to inspect, per product.", valueName: "n"))
    var flawless = 10

    @Option(help: ArgumentHelp("Defective frames to inspect, per kind of defect.", valueName: "n"))
    var defective = 2

    @Option(help: ArgumentHelp("Tolerated share of flawless parts called anomalous.", valueName: "rate"))
    var falseAlarmRate = 0.02

    func validate() throws {
        guard fit >= 2, calibrate >= 1, flawless >= 0, defective >= 0, flawless + defective > 0 else {
            throw ValidationError("--fit must be at least 2, --calibrate 1, and there must be frames to inspect")
        }
        guard falseAlarmRate > 0, falseAlarmRate < 1 else {
            throw ValidationError("--false-alarm-rate must be above 0 and below 1, got \(falseAlarmRate)")
        }
        // Checked before minutes of drawing and fitting.
        do {
            _ = try CalibrationRule(rate: falseAlarmRate, confidence: nil).k(of: fit + calibrate)
        } catch let tooFew as CalibrationRule.TooFewImages {
            throw ValidationError("--fit \(fit) --calibrate \(calibrate): \(tooFew)")
        }
    }

    func run() throws {
        let started = ContinuousClock.now
        let demo = DemoFolder(folder)
        try demo.prepare()
        let configuration = try demo.writeConfiguration(rate: falseAlarmRate)
        let datasets = SampleProduct.allCases.map {
            SampleDataset(
                product: $0, train: fit, validation: calibrate, testGood: flawless, perDefect: defective)
        }
        try draw(datasets, demo)
        try fitAll(datasets, demo, configuration)
        let run = DemoRun(demo: demo, configuration: configuration, datasets: datasets, global: global)
        let summary = try run.inspectAll(started: started)
        try Output.write(summary, to: demo.summaryFile)
        switch global.format {
        case .text: Output.print(summary.text(demo))
        case .json: try Output.printJSON(summary)
        }
    }

    private func draw(_ datasets: [SampleDataset], _ demo: DemoFolder) throws {
        for data in datasets {
            let bar = global.progress("drawing \(data.product.rawValue) frames", total: data.items.count)
            try data.write(to: URL(fileURLWithPath: demo.pictures(data.product))) { done, _ in bar.advance(to: done) }
            bar.finish()
        }
    }

    private func fitAll(_ datasets: [SampleDataset], _ demo: DemoFolder, _ configuration: Configuration) throws {
        let store = ModelStore(folder: configuration.modelsPath)
        let catalog = BackboneCatalog(folder: configuration.backbonesPath)
        if let missing = try catalog.missingDefault { global.remark(missing) }
        for data in datasets {
            guard let line = configuration.line(named: data.product.rawValue) else { continue }
            let bars = PhaseProgress(global)
            let fitting = ModelFitting(
                backbone: try catalog.load(nil), rule: line.rule,
                workers: ProcessInfo.processInfo.activeProcessorCount)
            let folder = demo.pictures(data.product)
            let normal = [folder + "/train/good", folder + "/validation/good"]
            let pictures = try fitting.pictures(normal: normal, calibration: [], progress: bars.callback)
            let fitted = try fitting.fit(pictures, progress: bars.callback)
            bars.finish()
            let (_, calibration) = try fitting.store(
                fitted, as: line.model, sources: normal, overridesLine: false, in: store)
            global.remark("\(line.name): fitted and calibrated; \(calibration.promise)")
        }
    }
}
