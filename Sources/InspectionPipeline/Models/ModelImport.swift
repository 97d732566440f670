import DetectionCore
import Foundation
import InspectionDomain
import LinuxPlatform
import NeuralNets

/// Takes a model that was fitted elsewhere into service: from a file of `inspectctl model export` or `inspectctl fit
/// --output`, or a bare `model.safetensors`, which has no calibration.
package struct ModelImport: Sendable {
    /// The model's record, once its self-test frame has reproduced the stored score.
    package private(set) var record: ModelRecord
    /// Nil for a bare model: it must be calibrated before it can decide.
    package let calibration: StoredCalibration?
    private let stored: WeightFile
    private let training: TrainingRecord?

    /// Reads the file and scores its self-test frame.
    /// - Throws: `ModelStoreError`, `ModelError`, `WeightError`, `SystemError`.
    package init(path: String) throws {
        let content = try ModelBundle.read(path: path)
        let model = content.file.model
        record =
            content.record
            ?? ModelRecord(
                name: "", method: model.method.rawValue, backbone: model.backboneName,
                createdAt: Date().toTheMillisecond,
                inputWidth: model.inputWidth, inputHeight: model.inputHeight, sources: [], images: 0, seed: 0)
        calibration = content.calibration
        stored = content.stored
        training = content.training
    }

    /// The same, to become a version of a model.
    package func named(_ name: String) -> ModelImport {
        var copy = self
        copy.record.name = name
        return copy
    }

    /// Whether it can decide on a line: it has a calibration that suffices for the line's rule.
    /// - Throws: `CalibrationRule.TooFewImages`.
    package func check(for line: Configuration.Line) throws {
        _ = try calibration?.deciding(for: line.rule)
    }

    /// Stores it as a new version, which decides from the next frame on if it has a calibration.
    /// - Returns: the record as stored.
    /// - Throws: `ModelStoreError`, `SystemError`.
    package func store(in store: ModelStore) throws -> ModelRecord {
        try store.add(record, file: stored, training: training) { version in
            let stored = calibration.map { calibration in
                StoredCalibration(
                    calibration.calibration.of(model: record.name, version: version),
                    overridesLine: calibration.overridesLine)
            }
            return (stored, [:])
        }
    }
}
