import ArgumentParser
import DetectionCore
import DetectionMethods
import Foundation
import ImageFolders
import Imaging
import InspectionPipeline

struct DatasetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset",
        abstract: "Checks images before a model is fitted or calibrated on them.",
        subcommands: [DatasetCheckCommand.self])
}

struct DatasetCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Reports whether `fit` would accept folders of flawless images.",
        discussion: """
            Checks contrast, copies and near-duplicates, values, sizes, images unlike the rest, folders of a data set, \
            files that cannot be read and entries that are not images. With --against, the images are calibration \
            images, and are compared with those that the model is fitted on. Exit code 65 if `fit` would refuse them.

              inspectctl dataset check /data/plate/good
              inspectctl dataset check /data/plate/good2 --against /data/plate/good --format json
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var rule: RuleOptions
    @OptionGroup var images: TrainingDataArguments
    @OptionGroup var intensity: IntensityArguments

    @Argument(help: "Folders of flawless images.", completion: .directory)
    var folders: [String]

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Folders of the images that a model is fitted on.", valueName: "folder"),
        completion: .directory)
    var against: [String] = []

    @Option(
        help: ArgumentHelp("Use the rate, intensity and patterns of this line.", valueName: "line"),
        completion: .lines)
    var line: String?

    @Option(help: "Images processed in parallel; as many as cores by default.")
    var workers = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        try requireRanges([("--workers", workers, 1...256)])
    }

    func run() throws {
        let configuration = try global.configuration()
        let target = try line.map { try global.line($0).1 }
        var options = images.options
        options.intensity = try intensity.setting([target].compactMap(\.self))
        let rule = rule.rule(target)
        let bars = PhaseProgress(global)
        func look(_ folders: [String], beside: [ImageProfile] = []) throws -> TrainingData {
            try TrainingData(
                try FrameSource(
                    folders: folders, rule: target?.images ?? ImageRule(), limits: configuration.decodeLimits),
                folders: folders, options: options, beside: beside, workers: workers, progress: bars.callback)
        }
        let fitted = against.isEmpty ? nil : try look(against)
        let data = try look(folders, beside: fitted?.profiles ?? [])
        bars.finish()
        var report = DatasetReport(data)
        if let fitted { report.compare(data, fittedOn: fitted) }
        if let problem = Self.tooFew(data, rule, isCalibration: fitted != nil) { report.refusals.append(problem) }
        switch global.format {
        case .text: Output.print(DatasetText.text(report))
        case .json: try Output.printJSON(report)
        }
        if !report.isAcceptable { throw ExitCode(ExitStatus.badData.rawValue) }
    }

    /// Whether the images show too few parts for the promise.
    private static func tooFew(_ data: TrainingData, _ rule: CalibrationRule, isCalibration: Bool) -> String? {
        guard !data.profiles.isEmpty else { return nil }
        do {
            guard !isCalibration else {
                _ = try rule.k(ofParts: data.parts.count, images: data.profiles.count)
                return nil
            }
            let split = try NearDuplicates.split(
                data.profiles.map(\.print), parts: data.parts, needed: rule.imagesNeeded,
                share: ModelFitting.heldOutShare, seed: 0)
            let held = Set(split.calibration)
            _ = try rule.k(
                ofParts: data.parts.count { $0.contains(where: held.contains) }, images: split.calibration.count)
            return nil
        } catch {
            return "\(error)"
        }
    }
}

/// The report as text.
enum DatasetText {
    private static let most = 8

    static func text(_ report: DatasetReport) -> String {
        var table = Table(["property", "found"])
        func row(_ name: String, _ text: String) { table.add([name, text]) }
        row("images", "\(report.images)")
        row("unreadable", "\(report.unreadable.count)")
        row(
            "skipped",
            report.skipped.isEmpty
                ? "0"
                : report.skipped.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
        row("without contrast", "\(report.withoutContrast.count)")
        row("fully transparent", "\(report.transparent.count)")
        row("parts", "\(report.parts)" + (report.largestPart > 1 ? ", up to \(report.largestPart) images of one" : ""))
        row("copies", "\(report.copies)")
        row("unlike the rest", "\(report.strangers.count)")
        row("masks", "\(report.masks.count)")
        let sizes = report.sizes.prefix(4).map { "\($0.images) of \($0.width)×\($0.height)" }
        row("sizes", sizes.joined(separator: ", ") + (report.sizes.count > 4 ? ", \(report.sizes.count) in all" : ""))
        row("bits per sample", report.bitDepths.map(String.init).joined(separator: ", "))
        row("values", "\(report.lowest)…\(report.highest), in use \(report.intensity.text)")
        if !report.shared.isEmpty { row("shared with --against", "\(report.shared.count)") }
        var lines = [table.text, ""]
        lines += report.remarks.map { "note: \($0)" }
        lines += report.refusals.map { "refused: \($0)" }
        lines.append(report.isAcceptable ? "OK: fit would take these images" : "fit would refuse these images")
        return lines.joined(separator: "\n")
    }
}
