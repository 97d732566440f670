import ArgumentParser
import DetectionCore
import Foundation
import InspectionPipeline
import NeuralNets

struct BackboneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backbone", abstract: "Imports, lists and shows backbones.",
        subcommands: [Import.self, List.self, Show.self])

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks a weight file and stores it under a name.",
            discussion: """
                Reads .safetensors and PyTorch's .pth as torchvision, timm and EfficientNet-PyTorch publish them, \
                without Python. No code in a file is ever run.

                  inspectctl backbone import wide_resnet50_2-95faca4d.pth --name wide_resnet50_2
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: ArgumentHelp("The weight file.", valueName: "file"), completion: .file()) var file: String
        @Option(help: "The name to store it under; the file's own by default.") var name: String?
        @Option(
            help: ArgumentHelp("Write the backbone to this .safetensors file instead.", valueName: "file"),
            completion: .file())
        var output: String?
        @Option(help: ArgumentHelp("Where the weights come from, for the record.", valueName: "text"))
        var source: String?
        @Option(
            help: ArgumentHelp(
                "The network, if the file does not name it: "
                    + BackboneArchitecture.allCases.map(\.rawValue).joined(separator: ", ") + ".",
                valueName: "network"))
        var architecture: BackboneArchitecture?
        @Option(
            help: ArgumentHelp(
                "The library whose names and padding the weights use, if the file does not name it.",
                valueName: WeightDialect.allCases.map(\.rawValue).joined(separator: "|")))
        var dialect: WeightDialect?

        func run() throws {
            // A file elsewhere needs no state folder, and so no configuration.
            let catalog = try output == nil ? global.backbones() : BackboneCatalog(folder: "")
            let backbone = try catalog.importFile(
                file, as: name, architecture: architecture, dialect: dialect, source: source, output: output)
            switch global.format {
            case .json: try Output.printJSON(BackboneSummary(backbone, path: output ?? catalog.path(backbone.name)))
            case .text:
                Output.print(
                    "imported \(backbone.name): \(backbone.architecture.rawValue), \(backbone.dialect.rawValue); "
                        + "use it with --backbone \(output ?? backbone.name)")
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the backbones that --backbone accepts by name.")
        @OptionGroup var global: GlobalOptions

        func run() throws {
            let catalog = try global.backbones()
            let summaries = try catalog.entries.map { entry in
                BackboneSummary(try catalog.load(entry.name), path: entry.origin.text)
            }
            guard global.format == .text else { return try Output.printJSON(summaries) }
            var table = Table(["backbone", "network", "dialect", "levels", "where", "from"])
            for one in summaries {
                table.add([
                    one.name, one.architecture, one.dialect, one.defaultLevels.joined(separator: ","), one.path,
                    one.metadata["source"] ?? "",
                ])
            }
            Output.print(table.text)
            if let missing = try catalog.missingDefault { global.remark(missing) }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a backbone's levels, normalisation and metadata.",
            discussion: "  inspectctl backbone show efficientnet_lite0")
        @OptionGroup var global: GlobalOptions
        @Argument(
            help: ArgumentHelp("A name of the list, or a weight file.", valueName: "name|file"),
            completion: .backbonesAndFiles)
        var name: String

        func run() throws {
            let catalog = try global.backbones()
            let backbone = try catalog.load(name)
            let path = try catalog.entries.first { $0.name == name }?.origin.text ?? name
            let summary = BackboneSummary(backbone, path: path)
            guard global.format == .text else { return try Output.printJSON(summary) }
            let metadata = summary.metadata.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
            Output.print(
                """
                backbone       \(summary.name) (\(summary.path))
                network        \(summary.architecture), \(summary.dialect)
                levels         \(summary.levels.joined(separator: ", "))
                pooled         \(summary.defaultLevels.joined(separator: ", "))
                mapped         \(summary.defaultMapLevels.joined(separator: ", "))
                mean, std      \(summary.mean), \(summary.std)
                metadata
                \(metadata.isEmpty ? "  none" : metadata.joined(separator: "\n"))
                """)
        }
    }
}

/// The description of a backbone in `list` and `show`.
struct BackboneSummary: Encodable {
    let name, architecture, dialect, path: String
    let levels, defaultLevels, defaultMapLevels, defaultTaps: [String]
    let mean, std: [Float]
    let metadata: [String: String]

    enum CodingKeys: String, CodingKey {
        case name, architecture, dialect, path, levels, mean, std, metadata
        case defaultLevels = "default_levels"
        case defaultMapLevels = "default_map_levels"
        case defaultTaps = "default_taps"
    }

    init(_ backbone: Backbone, path: String) {
        name = backbone.name
        architecture = backbone.architecture.rawValue
        dialect = backbone.dialect.rawValue
        self.path = path
        levels = backbone.tapNames
        defaultLevels = backbone.defaultLevels
        defaultMapLevels = backbone.defaultMapLevels
        defaultTaps = backbone.defaultTaps
        mean = backbone.normalization.mean
        std = backbone.normalization.std
        metadata = backbone.metadata
    }
}

extension GlobalOptions {
    func backbones() throws -> BackboneCatalog { BackboneCatalog(folder: try configuration().backbonesPath) }
}

extension BackboneArchitecture: ExpressibleByArgument {}
extension WeightDialect: ExpressibleByArgument {}
