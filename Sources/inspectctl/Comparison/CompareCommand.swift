import ArgumentParser
import DetectionCore
import DetectionMethods
import Foundation
import InspectionDomain
import InspectionPipeline

/// `inspectctl compare`: every combination of methods, backbones and input sizes on one data set.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compares methods, backbones and input sizes on a data set, and recommends one.",
        discussion: """
            Evaluates every combination in a process of its own, as `inspectctl evaluate` does, and prints one table: \
            detection, time per frame, time and memory of the fit. Each report is kept; the same command resumes where \
            it stopped.

              inspectctl compare parts
              inspectctl compare parts --methods gaussian,grad --backbones efficientnet_lite0,efficientnet_lite2
              inspectctl compare parts --input-sizes 224,320 --false-alarm-rate 0.05
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var rule: RuleOptions
    @OptionGroup(title: "data set") var layout: DatasetArguments

    @Argument(help: "The data set's folder.", completion: .directory)
    var dataset: String

    @Option(
        help: ArgumentHelp(
            "Methods, separated by commas (\(Self.choices.joined(separator: ","))).", valueName: "names"))
    var methods = "gaussian"

    @Option(
        help: ArgumentHelp(
            "Backbones, separated by commas: names of `inspectctl backbone list`, or weight files; all of the list by "
                + "default.", valueName: "names"))
    var backbones: String?

    @Option(help: ArgumentHelp("Widths and heights of the network's input, separated by commas.", valueName: "pixels"))
    var inputSizes: String?

    @Option(
        help: ArgumentHelp(
            "The folder of the reports; `compare` in the state folder by default.", valueName: "folder"),
        completion: .directory)
    var reports: String?

    @Flag(help: "Evaluate everything again.")
    var anew = false

    /// Methods that can be compared; a gate tells products apart instead of finding defects.
    private static let choices = MethodRegistry.methods.filter { !$0.isGate }.map { $0.name }

    private var sizes: [Int?] { inputSizes.map { list($0).map { Int($0) } } ?? [nil] }

    private func list(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    func validate() throws {
        for name in list(methods) where !Self.choices.contains(name) {
            throw ValidationError("--methods: '\(name)' is none of \(Self.choices.joined(separator: ", "))")
        }
        for text in inputSizes.map(list) ?? [] where Int(text).map({ (32...1024).contains($0) }) != true {
            throw ValidationError("--input-sizes: '\(text)' is not a number from 32 to 1024")
        }
    }

    func run() throws {
        let configuration = try global.configuration()
        let data = try layout.read(dataset)
        let catalog = BackboneCatalog(folder: configuration.backbonesPath)
        let networks = try backbones.map(list) ?? catalog.names
        let folder = reports ?? "\(configuration.state)/compare"
        let combinations = list(methods).flatMap { method in
            let takesBackbone = MethodRegistry.methods.first { $0.name == method }?.takesBackbone == true
            return (takesBackbone ? networks.map { $0 as String? } : [nil]).flatMap { backbone in
                sizes.map { Combination(method: method, backbone: backbone, inputSize: $0) }
            }
        }
        let file = global.configurationFile.map { ["--config", $0] } ?? []
        let common = [dataset, "--quiet"] + file + rule.arguments + layout.arguments
        let runner = CombinationRunner(
            folder: folder, dataset: data, common: common, backboneFiles: try catalog.digests(networks), anew: anew)
        var rows: [ComparisonReport.Row] = []
        for (index, combination) in combinations.enumerated() {
            global.remark("\(index + 1) of \(combinations.count): \(combination.text)")
            let outcome = try runner.run(combination)
            if outcome.isKept { global.remark("  evaluated before: \(outcome.path)") }
            if let failure = outcome.failure { global.remark("  failed: \(failure)") }
            rows.append(ComparisonReport.Row(combination, outcome))
        }
        let report = ComparisonReport(dataset: dataset, rows: rows)
        switch global.format {
        case .text: Output.print(report.text)
        case .json: try Output.printJSON(report)
        }
        if rows.allSatisfy({ $0.failure != nil }) {
            throw ProgramError(.badData, "no combination could be evaluated; each says why above")
        }
    }
}
