import DetectionCore
import Foundation
import InspectionDomain
import LinuxPlatform
import NeuralNets

/// The models of a state folder.
///
/// On disk, format 1:
/// ```
/// models/<name>/active.json                              which version and calibration decide; replaced whole
/// models/<name>/<version>/model.safetensors model.json   never changed once they are there; without the backbone
/// models/.backbones/<sha256>.safetensors                 backbones of all models, each once (`StoredBackbones`)
/// models/<name>/<version>/training.safetensors           the images fitted on, likewise (`TrainingRecord`), or none
/// models/<name>/<version>/report/<file>                  the fit's report, likewise; may be missing
/// models/<name>/<version>/calibrations/<id>.json         added, never changed
/// ```
/// Invariants: a version's folder appears complete (made under a temporary name and renamed); `active.json` names only
/// what is there; versions and calibrations are never reused, so a result's identities stay valid forever. Writers hold
/// the lock `models/<name>/.lock`; readers need none.
package struct ModelStore: Sendable {
    package let folder: String
    let backbones: StoredBackbones

    /// - Parameter folder: `<state>/models`; made when the first model is stored.
    package init(folder: String) {
        self.folder = folder
        backbones = StoredBackbones(folder: folder)
    }

    // Reading

    /// Names of the models, sorted.
    /// - Throws: `SystemError` when the folder cannot be read.
    package func names() throws -> [String] {
        try entries(folder).filter { try Identifier.isValid($0) && exists("\(folder)/\($0)/active.json") }
    }

    /// Versions of a model, ascending.
    /// - Throws: `SystemError` when the folder cannot be read.
    package func versions(of name: String) throws -> [Int] {
        try entries("\(folder)/\(name)").compactMap(Int.init).filter { try exists(path(name, $0) + "/model.json") }
            .sorted()
    }

    package func active(_ name: String) throws -> ActiveModel {
        try requireModel(name)
        return try read(ActiveModel.self, activePath(name))
    }

    package func record(_ name: String, version: Int) throws -> ModelRecord {
        try requireStored(name, version)
        return try read(ModelRecord.self, path(name, version) + "/model.json")
    }

    /// A version's calibrations, the oldest first.
    package func calibrations(_ name: String, version: Int) throws -> [StoredCalibration] {
        try requireVersion(name, version)
        let folder = path(name, version) + "/calibrations"
        return try entries(folder).filter { $0.hasSuffix(".json") }
            .map { try read(StoredCalibration.self, "\(folder)/\($0)") }
            .sorted { ($0.calibration.createdAt, $0.id) < ($1.calibration.createdAt, $1.id) }
    }

    package func calibration(_ name: String, version: Int, id: String) throws -> StoredCalibration {
        let path = calibrationPath(name, version, id)
        guard try exists(path) else {
            throw ModelStoreError(
                .missing,
                "model \(name) version \(version) has no calibration \(id) at \(path); "
                    + "`inspectctl model show \(name)` lists those it has")
        }
        return try read(StoredCalibration.self, path)
    }

    /// A version's model with its backbone, checked against the record.
    package func modelFile(_ record: ModelRecord) throws -> WeightFile {
        let path = modelPath(record.name, record.version)
        let data = try contents(path)
        let sha256 = ContentDigest.sha256(of: data)
        guard sha256 == record.sha256 else {
            throw ModelStoreError(
                .damaged,
                "\(path) is damaged: its SHA-256 is \(sha256), model.json says \(record.sha256); "
                    + "activate another version (`inspectctl model list`) or fit again")
        }
        return try backbones.joined(try WeightFile.parse(data, name: path), name: path)
    }

    /// The images that a version was fitted on; nil for a model of an older program.
    package func training(_ name: String, version: Int) throws -> TrainingRecord? {
        let path = path(name, version) + "/" + Self.trainingFile
        guard try exists(path) else { return nil }
        return try TrainingRecord.decode(try contents(path), name: path)
    }

    static let trainingFile = "training.safetensors"

    /// Changes whenever `active.json` is replaced; nil when there is none. One cheap system call.
    package func stamp(_ name: String) -> FileStamp? {
        FileStamp(path: activePath(name))
    }

    // Writing

    /// Stores a new version with its first calibration and makes it the active one. One without a calibration is stored
    /// only: it cannot decide.
    /// - Parameters:
    ///   - record: its name; version and hash are filled in here.
    ///   - file: the model with its backbone.
    ///   - training: the images it was fitted on, so that no calibration uses them.
    ///   - describe: gives the calibration of the version with this number, and the files of its fit's report by name.
    /// - Returns: the record as stored.
    @discardableResult
    package func add(
        _ record: ModelRecord, file: WeightFile, training: TrainingRecord? = nil,
        describe: (_ version: Int) throws -> (calibration: StoredCalibration?, report: [String: Data])
    ) throws -> ModelRecord {
        guard Identifier.isValid(record.name) else {
            throw ModelStoreError(.refused, "'\(record.name)' is not a valid model name: use \(Identifier.allowed)")
        }
        return try locked(record.name) {
            var stored = record
            stored.version = (try highestVersion(of: record.name) ?? 0) + 1
            let parts = try StoredBackbones.split(file)
            stored.sha256 = parts.sha256
            let (calibration, report) = try describe(stored.version)
            let fresh = "\(folder)/\(record.name)/.new-\(stored.version)"
            try FileSystem().removeTree(RawPath(fresh))
            try FileSystem().makeFolder(RawPath(fresh + "/calibrations"))
            if let backbone = parts.backbone { try backbones.keep(backbone.data, sha256: backbone.sha256) }
            try DurableFile.write(parts.model, to: fresh + "/model.safetensors")
            if let training, !training.images.isEmpty {
                try DurableFile.write(try training.encoded(), to: fresh + "/" + Self.trainingFile)
            }
            try DurableFile.write(try DomainJSON.encoder().encode(stored), to: fresh + "/model.json")
            if let calibration {
                try DurableFile.write(
                    try DomainJSON.encoder().encode(calibration), to: fresh + "/calibrations/\(calibration.id).json")
            }
            if !report.isEmpty {
                try FileSystem().makeFolder(RawPath(fresh + "/report"))
            }
            for (file, content) in report { try DurableFile.write(content, to: "\(fresh)/report/\(file)") }
            try DurableFile.rename(fresh, to: path(record.name, stored.version))
            if let calibration {
                try choose(record.name, version: stored.version, calibration: calibration.id)
            }
            return stored
        }
    }

    /// Adds a calibration to a version; it decides from now on.
    package func add(_ calibration: StoredCalibration, to name: String, version: Int) throws {
        try requireStored(name, version)
        try locked(name) {
            try DurableFile.write(
                try DomainJSON.encoder().encode(calibration), to: calibrationPath(name, version, calibration.id))
            try choose(name, version: version, calibration: calibration.id)
        }
    }

    /// Makes a version the active one, with the given calibration or its latest.
    @discardableResult
    package func activate(_ name: String, version: Int, calibration: String? = nil) throws -> ActiveModel {
        let known = try calibrations(name, version: version)
        guard let chosen = calibration.map({ id in known.first { $0.id == id } }) ?? known.last else {
            throw ModelStoreError(
                .missing,
                "model \(name) version \(version) has no calibration\(calibration.map { " \($0)" } ?? ""); "
                    + "calibrate with `inspectctl calibrate`")
        }
        return try locked(name) { try choose(name, version: version, calibration: chosen.id) }
    }

    /// Returns to the version that was active before the current one, with its calibration of that time.
    @discardableResult
    package func rollBackModel(_ name: String) throws -> ActiveModel {
        try goBack(name, to: .anotherVersion)
    }

    /// Returns to the calibration that was active before the current one, of the same version.
    @discardableResult
    package func rollBackCalibration(_ name: String) throws -> ActiveModel {
        try goBack(name, to: .anotherCalibration)
    }

    /// The outcome of `rollBackCalibration` for the model, without writing it.
    package func previewRollBackCalibration(_ name: String) throws -> ActiveModel {
        try gonePast(try active(name), name, to: .anotherCalibration)
    }

    @discardableResult
    private func choose(_ name: String, version: Int, calibration: String) throws -> ActiveModel {
        let choice = ActiveModel.Choice(version: version, calibration: calibration, since: Date().toTheMillisecond)
        var active =
            try exists(activePath(name)) ? try read(ActiveModel.self, activePath(name)) : ActiveModel(current: choice)
        if active.current != choice { active.choose(choice) }
        try DurableFile.write(try DomainJSON.encoder().encode(active), to: activePath(name))
        return active
    }

    private enum Step {
        case anotherVersion, anotherCalibration

        var wanted: String {
            switch self {
            case .anotherVersion: "version"
            case .anotherCalibration: "calibration of the current version"
            }
        }

        func leads(from current: ActiveModel.Choice, to choice: ActiveModel.Choice) -> Bool {
            switch self {
            case .anotherVersion: choice.version != current.version
            case .anotherCalibration:
                choice.version == current.version && choice.calibration != current.calibration
            }
        }
    }

    private func goBack(_ name: String, to step: Step) throws -> ActiveModel {
        try requireModel(name)
        return try locked(name) {
            let active = try gonePast(try active(name), name, to: step)
            try DurableFile.write(try DomainJSON.encoder().encode(active), to: activePath(name))
            return active
        }
    }

    private func gonePast(_ active: ActiveModel, _ name: String, to step: Step) throws -> ActiveModel {
        var changed = active
        guard
            try changed.goBack(where: {
                try step.leads(from: active.current, to: $0) && exists(path(name, $0.version))
            })
        else {
            throw ModelStoreError(.refused, "model \(name) cannot be rolled back: there is no earlier \(step.wanted)")
        }
        return changed
    }
}
