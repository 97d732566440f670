import ArgumentParser
import DetectionCore
import DetectionMethods
import Foundation
import InspectionPipeline

extension ModelCommand {
    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a model that was fitted elsewhere in service.",
            discussion: """
                The file comes from `inspectctl model export` or `inspectctl fit --output`. Its self-test frame must \
                score on this machine as it did where it was fitted. The model then becomes a new version of the \
                line's model, in service from the next frame on with the calibration in the file. `inspectctl model \
                rollback` restores the previous version. A model without a calibration (a bare model.safetensors) is \
                stored, but enters service only after `inspectctl calibrate`.

                  inspectctl model import plate.model --line plate --dry-run
                  inspectctl model import plate.model --line plate
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: ArgumentHelp("The model's file.", valueName: "file"), completion: .file())
        var file: String
        @Option(
            help: ArgumentHelp(
                "The line whose model it becomes (its product gate, if it is an odin model).", valueName: "line"),
            completion: .lines)
        var line: String?
        @Option(
            help: ArgumentHelp("The model it becomes a version of, instead of a line's.", valueName: "model"),
            completion: .models)
        var name: String?
        @Flag(help: "Only check the file and its self-test frame.")
        var dryRun = false

        func validate() throws {
            guard (line == nil) != (name == nil) else {
                throw ValidationError("give one of --line LINE and --name MODEL")
            }
        }

        private struct Report: Encodable {
            var record: ModelRecord
            var calibration: String?
            var applied: Bool
            var isActive: Bool

            enum CodingKeys: String, CodingKey {
                case record, calibration, applied
                case isActive = "active"
            }
        }

        func run() throws {
            let (configuration, imported) = try read()
            for line in configuration.lines where [line.model, line.gate].contains(imported.record.name) {
                try check(imported, line)
            }
            let store = ModelStore(folder: configuration.modelsPath)
            let record = dryRun ? imported.record : try imported.store(in: store)
            let isActive = !dryRun && imported.calibration != nil
            guard global.format == .text else {
                return try Output.printJSON(
                    Report(
                        record: record, calibration: imported.calibration?.id, applied: !dryRun, isActive: isActive))
            }
            Output.print(text(record, imported.calibration, isActive: isActive))
        }

        /// Reads the file as a version of the named model.
        private func read() throws -> (Configuration, ModelImport) {
            if let name {
                guard Identifier.isValid(name) else {
                    throw ProgramError(.usage, "'\(name)' is not a valid model name: use \(Identifier.allowed)")
                }
                return (try global.configuration(), try ModelImport(path: file).named(name))
            }
            let (configuration, line) = try global.line(line ?? "")
            let imported = try ModelImport(path: file)
            guard MethodRegistry.isGate(imported.record.method) else {
                return (configuration, imported.named(line.model))
            }
            guard let gate = line.gate else {
                throw ProgramError(
                    .badData,
                    "\(file) is a product gate, but line \(line.name) has none; set gate: MODEL in the configuration"
                )
            }
            return (configuration, imported.named(gate))
        }

        /// Refuses a version that could not serve its lines and would stop them.
        private func check(_ imported: ModelImport, _ line: Configuration.Line) throws {
            let isGate = MethodRegistry.isGate(imported.record.method)
            guard isGate == (imported.record.name == line.gate) else {
                throw ProgramError(
                    .badData,
                    "\(file) is a model of method \(imported.record.method), which cannot serve as the "
                        + (isGate ? "model" : "product gate") + " of line \(line.name)")
            }
            try imported.check(for: line)
        }

        private func text(_ record: ModelRecord, _ calibration: StoredCalibration?, isActive: Bool) -> String {
            let what = "\(file): \(record.method) on \(record.backbone), self-test frame scored as stored"
            guard let calibration else {
                return what + "\nit has no calibration"
                    + (dryRun
                        ? ": it would be stored but not put in service; dry run: nothing was changed"
                        : ": stored as version \(record.version) of model \(record.name), not in service; calibrate it "
                            + "with `inspectctl calibrate --line LINE --model-version \(record.version) --normal DIR`")
            }
            return what + ", calibration \(calibration.id) on \(calibration.calibration.n) images\n"
                + (dryRun
                    ? "dry run: nothing was changed"
                    : "model \(record.name): version \(record.version) in service from the next frame on; "
                        + "`inspectctl model rollback \(record.name)` undoes it")
        }
    }
}
