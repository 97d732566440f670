import DetectionCore
import DetectionMethods
import Foundation
import InspectionDomain
import LinuxPlatform
import NeuralNets

/// A model with its record and calibration in one file, to carry to another machine: the model's safetensors file with
/// three more metadata entries, `bundle` (the format, now 1; without it 1 is meant), `record` and `calibration` (JSON),
/// and the images it was fitted on (`TrainingRecord`).
package enum ModelBundle {
    package static let currentFormat = 1

    package static func encode(
        _ record: ModelRecord, file: WeightFile, calibration: StoredCalibration, training: TrainingRecord? = nil
    ) throws -> Data {
        var metadata = file.metadata
        metadata["bundle"] = String(currentFormat)
        metadata["record"] = String(decoding: try DomainJSON.encoder(pretty: false).encode(record), as: UTF8.self)
        metadata["calibration"] = String(
            decoding: try DomainJSON.encoder(pretty: false).encode(calibration), as: UTF8.self)
        var tensors = file.tensors
        if let contents = try training?.contents(), training?.images.isEmpty == false {
            tensors.merge(contents.tensors) { $1 }
            metadata.merge(contents.settings) { $1 }
        }
        return try WeightFile(tensors: tensors, metadata: metadata).encodedAsSafetensors()
    }

    /// The content of a model's file.
    struct Content {
        /// Nil in a bare model file.
        let record: ModelRecord?
        let calibration: StoredCalibration?
        let file: ModelFile
        /// The images it was fitted on; nil in files of older programs.
        let training: TrainingRecord?
        /// The model file without record and calibration.
        let stored: WeightFile
    }

    /// Reads a bundle or a bare model, and scores its self-test frame.
    /// - Throws: `SystemError`, `ModelStoreError`, `ModelError`, `WeightError`.
    static func read(path: String) throws -> Content {
        try read(try FileSystem().read(RawPath(path), limit: .max, followsLinks: true), path: path)
    }

    /// - Parameter path: for error messages.
    private static func read(_ data: Data, path: String) throws -> Content {
        // A file straight out of a store has its backbone beside the store's models.
        let weights = try StoredBackbones(around: path).joined(try WeightFile.parse(data, name: path), name: path)
        var metadata = weights.metadata
        let format = try metadata["bundle"].map { text in
            guard let format = Int(text) else {
                throw ModelStoreError(
                    .damaged, "\(path) is damaged: its format is '\(text.printable)'; export it again")
            }
            return format
        }
        guard format ?? 1 <= currentFormat else {
            throw ModelStoreError(
                .damaged,
                "\(path) has format \(format ?? 1), this program reads up to \(currentFormat); upgrade inspectd")
        }
        let record = try decode(ModelRecord.self, metadata["record"], path)
        let calibration = try decode(StoredCalibration.self, metadata["calibration"], path)
        let training = try TrainingRecord(file: weights, name: path)
        for key in ["bundle", "record", "calibration"] + TrainingRecord.metadataKeys { metadata[key] = nil }
        let tensors = weights.tensors.filter { !$0.key.hasPrefix(TrainingRecord.tensorPrefix) }
        let plain = WeightFile(tensors: tensors, metadata: metadata)
        // Programs before 0.2.0 recorded the hash of the whole file.
        if let record, !record.sha256.isEmpty, try StoredBackbones.split(plain).sha256 != record.sha256,
            ContentDigest.sha256(of: try plain.encodedAsSafetensors()) != record.sha256
        {
            throw ModelStoreError(
                .damaged,
                "\(path) is damaged: the SHA-256 of its model is not the recorded \(record.sha256); export it again"
            )
        }
        let file: ModelFile
        do {
            file = try ModelFile.decode(weights, name: path, bases: Backbone.builtIn)
            try file.verifySelfTest(name: path)
        } catch let error as ModelError where !error.message.contains(path) {
            throw ModelError("\(path) cannot be used: \(error.message)")
        }
        return Content(record: record, calibration: calibration, file: file, training: training, stored: plain)
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ text: String?, _ path: String) throws -> Value? {
        guard let text else { return nil }
        do {
            return try DomainJSON.decoder().decode(type, from: Data(text.utf8))
        } catch {
            throw ModelStoreError(.damaged, "\(path) is damaged: \(error); export or fit the model again")
        }
    }

    /// - Throws: `ModelStoreError` for a file without record and calibration, `ModelError`, `WeightError`,
    ///   `SystemError`.
    package static func load(path: String) throws -> LoadedModel { try loaded(try read(path: path), path) }

    /// - Parameter name: for error messages.
    /// - Throws: `ModelStoreError` for bytes without record and calibration, `ModelError`, `WeightError`.
    package static func load(_ data: Data, named name: String) throws -> LoadedModel {
        try loaded(try read(data, path: name), name)
    }

    private static func loaded(_ content: Content, _ path: String) throws -> LoadedModel {
        guard let record = content.record, let calibration = content.calibration else {
            throw ModelStoreError(
                .damaged,
                "\(path) is not a calibrated model: give a file that `inspectctl fit --output` or `inspectctl model export` "
                    + "wrote, or the name of a model in the state folder")
        }
        return LoadedModel(record: record, model: content.file.model, stored: calibration, stamp: nil)
    }
}

extension ModelStore {
    /// A model by its name in the store, or by the path of a bundle.
    package func load(reference: String) throws -> LoadedModel {
        let isPath = try reference.contains("/") || FileSystem().exists(RawPath(reference))
        if try isPath && !names().contains(reference) { return try ModelBundle.load(path: reference) }
        return try load(reference)
    }

    /// The active version of a model with its calibration, in one file.
    package func exported(_ name: String, version: Int? = nil) throws -> Data {
        let current = try active(name).current
        let record = try record(name, version: version ?? current.version)
        let known = try calibrations(name, version: record.version)
        let chosen = record.version == current.version ? known.first { $0.id == current.calibration } : known.last
        guard let chosen else {
            throw ModelStoreError(.missing, "model \(name) version \(record.version) has no calibration to export")
        }
        return try ModelBundle.encode(
            record, file: try modelFile(record), calibration: chosen,
            training: try training(name, version: record.version))
    }
}
