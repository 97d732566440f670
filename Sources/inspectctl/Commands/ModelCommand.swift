import ArgumentParser
import DetectionCore
import Foundation
import InspectionDomain
import InspectionPipeline

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Lists, shows and activates stored models and their versions.",
        subcommands: [List.self, Show.self, Activate.self, Rollback.self, Export.self, Import.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the models and their versions.")
        @OptionGroup var global: GlobalOptions

        func run() throws {
            let store = try global.modelStore()
            var table = Table(
                ["model", "version", "active", "method", "backbone", "input", "fitted on", "made"], numeric: [1])
            var records: [ModelRecord] = []
            for name in try store.names() {
                let active = try store.active(name).current.version
                for version in try store.versions(of: name) {
                    let record = try store.record(name, version: version)
                    records.append(record)
                    table.add([
                        name, String(version), version == active ? "yes" : "", record.method, record.backbone,
                        "\(record.inputWidth)×\(record.inputHeight)", "\(record.images) images",
                        Output.time(record.createdAt),
                    ])
                }
            }
            switch global.format {
            case .json: try Output.printJSON(records)
            case .text: Output.print(table.isEmpty ? "no models in \(store.folder)" : table.text)
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a model's version with its calibrations.",
            discussion: "  inspectctl model show plate\n  inspectctl model show plate --version-number 2")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The model's name.", completion: .models) var name: String
        @Option(help: ArgumentHelp("The version; the active one by default.", valueName: "n")) var versionNumber: Int?

        struct Report: Encodable {
            var record: ModelRecord
            var active: ActiveModel
            var calibrations: [StoredCalibration]
        }

        func run() throws {
            let store = try global.modelStore()
            let active = try store.active(name)
            let record = try store.record(name, version: versionNumber ?? active.current.version)
            let calibrations = try store.calibrations(name, version: record.version)
            guard global.format == .text else {
                return try Output.printJSON(Report(record: record, active: active, calibrations: calibrations))
            }
            Output.print(
                """
                model      \(record.name) version \(record.version)\(record.version == active.current.version ? ", active" : "")
                method     \(record.method) on \(record.backbone), \(record.inputWidth)×\(record.inputHeight)
                fitted on  \(record.images) images of \(record.sources.joined(separator: ", ")), seed \(record.seed)
                made       \(Output.time(record.createdAt))
                file       \(store.modelPath(record.name, record.version))
                sha256     \(record.sha256)

                """)
            var table = Table(
                [
                    "calibration", "active", "images", "rate", "confidence", "image threshold", "pixel threshold",
                    "from",
                ],
                numeric: [2, 5, 6])
            for stored in calibrations {
                let calibration = stored.calibration
                let isActive = record.version == active.current.version && stored.id == active.current.calibration
                table.add([
                    stored.id, isActive ? "yes" : "", String(calibration.n), String(calibration.falseAlarmRate),
                    calibration.confidence.map { String($0) } ?? "", Output.score(calibration.imageThreshold),
                    Output.score(calibration.pixelThreshold), calibration.source,
                ])
            }
            Output.print(table.text)
        }
    }

    struct Activate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Puts a version and one of its calibrations in service; the daemon uses it from the next frame on.",
            discussion: "  inspectctl model activate plate 2")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The model's name.", completion: .models) var name: String
        @Argument(help: ArgumentHelp("The version.", valueName: "n")) var versionNumber: Int
        @Option(help: ArgumentHelp("One of its calibrations; the latest by default.", valueName: "id"))
        var calibration: String?

        func run() throws {
            try global.report(
                try global.modelStore().activate(name, version: versionNumber, calibration: calibration), of: name)
        }
    }

    struct Rollback: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Restores the version that was in service before the active one.")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The model's name.", completion: .models) var name: String

        func run() throws {
            try global.report(try global.modelStore().rollBackModel(name), of: name)
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes a model with its calibration to one file, for `inspectctl inspect --model FILE`.",
            discussion: "  inspectctl model export plate plate.model")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The model's name.", completion: .models) var name: String
        @Argument(help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file()) var file: String
        @Option(help: ArgumentHelp("The version; the active one by default.", valueName: "n")) var versionNumber: Int?

        func run() throws {
            let data = try global.modelStore().exported(name, version: versionNumber)
            try Output.write(data, to: file)
            global.remark("wrote \(file) (\(Quantity.text(bytes: data.count)))")
        }
    }
}

extension GlobalOptions {
    func modelStore() throws -> ModelStore { ModelStore(folder: try configuration().modelsPath) }

    /// Prints the version and calibration in service.
    func report(_ active: ActiveModel, of name: String) throws {
        switch format {
        case .json: try Output.printJSON(active)
        case .text:
            Output.print(
                "model \(name): version \(active.current.version) with calibration \(active.current.calibration) "
                    + "in service from the next frame on")
        }
    }
}
