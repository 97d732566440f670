import AnomalyDetectors
import Foundation
import InspectionDomain
import LinuxPlatform
import NeuralNets

/// A model with its record and calibration in one file, to carry to another machine: the model's safetensors file with two more
/// metadata entries, `record` and `calibration` (JSON).
public enum ModelBundle {
    public static func encode(_ record: ModelRecord, data: Data, calibration: StoredCalibration) throws -> Data {
        let file = try WeightFile.parse(data, name: "model \(record.name) version \(record.version)")
        var metadata = file.metadata
        metadata["record"] = String(decoding: try DomainJSON.encoder(pretty: false).encode(record), as: UTF8.self)
        metadata["calibration"] = String(
            decoding: try DomainJSON.encoder(pretty: false).encode(calibration), as: UTF8.self)
        return try WeightFile(tensors: file.tensors, metadata: metadata).encodedAsSafetensors()
    }

    /// - Throws: `ModelStoreError` for a file without record and calibration, `ModelError`, `WeightError`.
    public static func load(path: String) throws -> LoadedModel {
        let data = try FileSystem().read(RawPath(path), limit: .max, followsLinks: true)
        let metadata = try WeightFile.parse(data, name: path).metadata
        guard let recordText = metadata["record"], let calibrationText = metadata["calibration"] else {
            throw ModelStoreError(
                .damaged,
                "\(path) holds no calibrated model: give a file that `inspectctl fit --output` or `inspectctl model export` "
                    + "wrote, or the name of a model in the state folder")
        }
        let record: ModelRecord
        let calibration: StoredCalibration
        do {
            record = try DomainJSON.decoder().decode(ModelRecord.self, from: Data(recordText.utf8))
            calibration = try DomainJSON.decoder().decode(StoredCalibration.self, from: Data(calibrationText.utf8))
        } catch {
            throw ModelStoreError(.damaged, "\(path) is damaged: \(error); export or fit the model again")
        }
        let file = try ModelFile.decode(data, name: path, bases: Backbone.builtIn)
        try file.verifySelfTest(name: path)
        return LoadedModel(record: record, model: file.model, stored: calibration, stamp: nil)
    }
}

extension ModelStore {
    /// A model by its name in the store, or by the path of a bundle.
    public func load(reference: String) throws -> LoadedModel {
        let isPath = try reference.contains("/") || FileSystem().exists(RawPath(reference))
        if try isPath && !names().contains(reference) { return try ModelBundle.load(path: reference) }
        return try load(reference)
    }

    /// The active version of a model with its calibration, in one file.
    public func exported(_ name: String, version: Int? = nil) throws -> Data {
        let current = try active(name).current
        let record = try record(name, version: version ?? current.version)
        let known = try calibrations(name, version: record.version)
        let chosen = record.version == current.version ? known.first { $0.id == current.calibration } : known.last
        guard let chosen else {
            throw ModelStoreError(.missing, "model \(name) version \(record.version) has no calibration to export")
        }
        return try ModelBundle.encode(record, data: try modelData(record), calibration: chosen)
    }
}
