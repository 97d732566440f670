import Foundation
import TestSupport
import Testing

/// The report of `fit`.
struct FitOutcome: Decodable {
    struct Training: Decodable {
        struct Epoch: Decodable { let loss: Double }
        let epochs: [Epoch]
    }
    let model: String
    let version: Int
    let calibration: String
    let fittedOn: Int
    let imageThreshold: Double
    let training: Training?

    enum CodingKeys: String, CodingKey {
        case model, version, calibration, training
        case fittedOn = "fitted_on"
        case imageThreshold = "image_threshold"
    }
}

/// A stored version in `model show`.
struct ShownModel: Decodable {
    struct Record: Decodable {
        let sha256, method: String
        let images: Int
    }
    let record: Record
}

extension Workshop {
    func shown(_ model: String, version: Int) throws -> ShownModel.Record {
        let run = try control("model", "show", model, "--version-number", String(version), "--format", "json")
        #expect(run.status == 0, "\(run.errors)")
        return try run.json(ShownModel.self).record
    }

    /// Fits the line `plate` once without interruption, and once killed at its first checkpoint and given again: both
    /// must come to the same model, by the same losses.
    /// - Parameter arguments: the method, its settings, its images.
    /// - Returns: the names of the files in the report's folder.
    func expectAKilledFitToGoOn(_ arguments: [String]) throws -> [String] {
        let arguments =
            ["fit", "--line", "plate"] + arguments + ["--config", configurationFile, "--format", "json"]
        let whole = try ProgramRun("inspectctl", arguments, within: 180)
        #expect(whole.status == 0, "\(whole.errors)")

        let checkpoint = state.appendingPathComponent("fitting/plate.checkpoint").path
        #expect(!FileManager.default.fileExists(atPath: checkpoint))
        try killAtFirstCheckpoint(arguments, checkpoint)
        #expect(FileManager.default.fileExists(atPath: checkpoint))

        let rest = try ProgramRun("inspectctl", arguments, within: 180)
        #expect(rest.status == 0 && rest.errors.contains("resuming an interrupted fit"), "\(rest.errors)")
        let (a, b) = (try whole.json(FitOutcome.self), try rest.json(FitOutcome.self))
        #expect(b.training?.epochs.map(\.loss) == a.training?.epochs.map(\.loss))
        #expect(try shown("plate", version: b.version).sha256 == shown("plate", version: a.version).sha256)
        #expect(!FileManager.default.fileExists(atPath: checkpoint))
        return files(in: state.appendingPathComponent("models/plate/\(b.version)/report"))
    }

    private func killAtFirstCheckpoint(_ arguments: [String], _ checkpoint: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Programs.path("inspectctl"))
        process.arguments = arguments
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        defer {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
        }
        try wait(for: "the first checkpoint", upTo: 120) { FileManager.default.fileExists(atPath: checkpoint) }
        kill(process.processIdentifier, SIGKILL)
    }
}
