import DetectionCore
import DetectionMethods
import Foundation
import InspectionDomain
import LinuxPlatform
import NeuralNets

/// A version of a model in memory, with the calibration that decides.
///
/// A value type: a frame keeps the version it began with, whatever is activated meanwhile.
package struct LoadedModel: Sendable {
    package let record: ModelRecord
    package let model: any DetectorModel
    package let stored: StoredCalibration
    /// The state of `active.json` that this was loaded from.
    package let stamp: FileStamp?

    package init(record: ModelRecord, model: any DetectorModel, stored: StoredCalibration, stamp: FileStamp?) {
        (self.record, self.model, self.stored, self.stamp) = (record, model, stored, stamp)
    }

    package var identity: ModelIdentity { record.identity }

    /// Whether the other one was loaded from the same files.
    func isSameState(as other: LoadedModel) -> Bool {
        stamp == other.stamp && record == other.record && stored == other.stored
    }
}

extension ModelStore {
    /// Loads the active version, scores its self-test frame, and reads its calibration.
    /// - Parameter previous: reused when it is the same version, so that a new calibration costs no loading.
    /// - Throws: `ModelStoreError`, `ModelError`, `WeightError`.
    package func load(_ name: String, previous: LoadedModel? = nil) throws -> LoadedModel {
        let stamp = stamp(name)
        let active = try active(name), current = active.current
        try Self.require(active.schema, ActiveModel.currentSchema, of: activePath(name))
        let record = try record(name, version: current.version)
        try Self.require(record.schema, ModelRecord.currentSchema, of: path(name, current.version) + "/model.json")
        let stored = try calibration(name, version: current.version, id: current.calibration)
        try Self.require(
            stored.schema, StoredCalibration.currentSchema,
            of: calibrationPath(name, current.version, current.calibration))
        if let previous, previous.record == record {
            return LoadedModel(record: record, model: previous.model, stored: stored, stamp: stamp)
        }
        return LoadedModel(record: record, model: try decode(record), stored: stored, stamp: stamp)
    }

    /// A version, in service or not, without a calibration; its self-test frame is scored.
    /// - Throws: `ModelStoreError`, `ModelError`, `WeightError`, `SystemError`.
    package func model(_ name: String, version: Int) throws -> (record: ModelRecord, model: any DetectorModel) {
        let record = try record(name, version: version)
        return (record, try decode(record))
    }

    private func decode(_ record: ModelRecord) throws -> any DetectorModel {
        let title = "model \(record.name) version \(record.version) (\(modelPath(record.name, record.version)))"
        let file = try ModelFile.decode(try modelFile(record), name: title, bases: Backbone.builtIn)
        try file.verifySelfTest(name: title)
        return file.model
    }

    private static func require(_ schema: Int, _ readable: Int, of path: String) throws {
        guard schema <= readable else {
            throw ModelStoreError(
                .refused,
                "\(path) has schema \(schema), this program reads up to \(readable); upgrade inspectd, or go back with "
                    + "`inspectctl model rollback`")
        }
    }

    /// States of all files that `load` reads: while they stay the same, so does its outcome.
    func stamps(_ name: String) -> [FileStamp?] {
        var paths = [activePath(name)]
        if let current = try? active(name).current {
            paths += [
                path(name, current.version) + "/model.json", modelPath(name, current.version),
                calibrationPath(name, current.version, current.calibration),
            ]
        }
        return paths.map { FileStamp(path: $0) } + [backbones.stamp]
    }
}
