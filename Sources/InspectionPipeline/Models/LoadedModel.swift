import AnomalyDetectors
import Foundation
import InspectionDomain
import NeuralNets

/// A version of a model in memory with the calibration that decides: what a frame is inspected with.
///
/// A value: a frame keeps the one it began with, whatever is activated meanwhile.
public struct LoadedModel: Sendable {
    public let record: ModelRecord
    public let model: any DetectorModel
    public let stored: StoredCalibration
    /// Which state of `active.json` this is.
    public let stamp: FileStamp?

    public var identity: ModelIdentity { record.identity }
}

extension ModelStore {
    /// Loads the active version, scores its self-test frame, and reads its calibration.
    /// - Parameter previous: reused when it is the same version, so that a new calibration costs no loading.
    /// - Throws: `ModelStoreError`, `ModelError`, `WeightError`.
    public func load(_ name: String, previous: LoadedModel? = nil) throws -> LoadedModel {
        let stamp = stamp(name)
        let current = try active(name).current
        let record = try record(name, version: current.version)
        let stored = try calibration(name, version: current.version, id: current.calibration)
        if let previous, previous.record == record {
            return LoadedModel(record: record, model: previous.model, stored: stored, stamp: stamp)
        }
        let title = "model \(name) version \(record.version) (\(modelPath(name, record.version)))"
        let file = try ModelFile.decode(try modelData(record), name: title, bases: Backbone.builtIn)
        try file.verifySelfTest(name: title)
        return LoadedModel(record: record, model: file.model, stored: stored, stamp: stamp)
    }
}
