import DetectionCore
import Foundation
import InspectionDomain
import InspectionPipeline
import LinuxPlatform
import NeuralNets

/// Evaluates combinations, each in a process of its own, so that its memory is its own and a crash ends nothing else.
struct CombinationRunner {
    /// The folder of the reports.
    let folder: String
    let dataset: Dataset
    /// Arguments that all evaluations share.
    let common: [String]
    /// Digests of the backbones' weights by name.
    let backboneFiles: [String: String]
    /// Whether kept reports are ignored.
    let anew: Bool

    struct Outcome {
        let path: String
        var report: EvaluationReport?
        var failure: String?
        /// Whether the report is one of an earlier run.
        var isKept = false
    }

    /// - Throws: `ProgramError`, `SystemError` if reports cannot be kept.
    func run(_ combination: Combination) throws -> Outcome {
        let path = "\(folder)/\(combination.stem)-\(identity(combination).prefix(12)).json"
        if !anew, let kept = Self.read(path) { return Outcome(path: path, report: kept, isKept: true) }
        try FileSystem().makeFolder(RawPath(folder))
        let process = Process(), errors = Pipe()
        process.executableURL = URL(
            fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        process.arguments =
            ["evaluate", combination.method] + common + combination.arguments + ["--format", "json", "--json", path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0, let report = Self.read(path) else {
            let reason = said.split(separator: "\n").last.map(String.init) ?? "it ended without a word"
            return Outcome(path: path, failure: reason.replacing("inspectctl: ", with: "", maxReplacements: 1))
        }
        return Outcome(path: path, report: report)
    }

    private static func read(_ path: String) -> EvaluationReport? {
        FileManager.default.contents(atPath: path).flatMap {
            try? DomainJSON.decoder().decode(EvaluationReport.self, from: $0)
        }
    }

    /// A digest of everything that a report depends on: the program, the arguments, the weights, and the images by
    /// name, size and time.
    private func identity(_ combination: Combination) -> String {
        var parts = [programVersion, combination.method] + common + combination.arguments
        if let backbone = combination.backbone { parts.append(backboneFiles[backbone] ?? "") }
        for file in dataset.train + dataset.validation + dataset.test.map(\.file) {
            let attributes = try? FileManager.default.attributesOfItem(atPath: file.string)
            let size = attributes?[.size] as? Int ?? 0, time = attributes?[.modificationDate] as? Date
            parts.append("\(file) \(size) \(time?.timeIntervalSince1970 ?? 0)")
        }
        return ContentDigest.sha256(of: Data(parts.joined(separator: "\n").utf8))
    }
}

extension BackboneCatalog {
    /// Digests of weights by the names that they were asked for.
    func digests(_ names: [String]) throws -> [String: String] {
        try Dictionary(
            uniqueKeysWithValues: Set(names).map { name in
                (name, ContentDigest.sha256(of: try load(name).file.encodedAsSafetensors()))
            })
    }
}
