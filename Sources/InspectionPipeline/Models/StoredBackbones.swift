import DetectionCore
import Foundation
import InspectionDomain
import LinuxPlatform
import NeuralNets
import Synchronization

/// The backbones of a store's models. Each is kept once, in a file that its content names, however many models were
/// fitted on it: `models/.backbones/<sha256>.safetensors`. A model's file says which is its own.
final class StoredBackbones: Sendable {
    private static let prefix = "backbone.", key = "backbone_sha256"

    private let folder: RawPath
    /// By hash; content that is named by its hash never changes.
    private let read = Mutex<[String: WeightFile]>([:])

    /// - Parameter folder: the store's.
    init(folder: String) { self.folder = RawPath(folder) / ".backbones" }

    /// Those of the store that a model's file lies in: `<folder>/<name>/<version>/model.safetensors`.
    convenience init(around path: String) { self.init(folder: RawPath(path).parent.parent.parent.string) }

    /// A model's file without its backbone.
    struct Parts {
        let model: Data
        /// Nil for a model without one, or with the changes to the embedded one alone.
        let backbone: (sha256: String, data: Data)?

        /// The hash that identifies the model.
        var sha256: String { ContentDigest.sha256(of: model) }
    }

    static func split(_ whole: WeightFile) throws -> Parts {
        let own = whole.tensors.filter { $0.key.hasPrefix(prefix) }
        guard !own.isEmpty, !BackboneDifference.isIn(whole) else {
            return Parts(model: try whole.encodedAsSafetensors(), backbone: nil)
        }
        var model = whole
        let backbone = try WeightFile(tensors: own).encodedAsSafetensors()
        let sha256 = ContentDigest.sha256(of: backbone)
        for name in own.keys { model.tensors[name] = nil }
        model.metadata[key] = sha256
        return Parts(model: try model.encodedAsSafetensors(), backbone: (sha256, backbone))
    }

    /// Keeps a backbone, unless it is there.
    func keep(_ data: Data, sha256: String) throws {
        let path = path(sha256), files = FileSystem()
        if try files.exists(path), try files.read(path) == data { return }
        try files.makeFolder(folder)
        try DurableFile.write(data, to: path.string)
    }

    /// A model's file, with its backbone.
    /// - Throws: `ModelStoreError`, `WeightError`.
    func joined(_ model: WeightFile, name: String) throws -> WeightFile {
        guard let sha256 = model.metadata[Self.key] else { return model }
        guard sha256.count == 64, sha256.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            throw ModelStoreError(.damaged, "\(name) is damaged at '\(Self.key)'; fit again")
        }
        var whole = model
        whole.metadata[Self.key] = nil
        whole.tensors.merge(try backbone(sha256, of: name).tensors) { own, _ in own }
        return whole
    }

    private func backbone(_ sha256: String, of model: String) throws -> WeightFile {
        if let known = read.withLock({ $0[sha256] }) { return known }
        let path = path(sha256), files = FileSystem()
        guard try files.exists(path) else {
            throw ModelStoreError(
                .missing,
                "\(path), the backbone of \(model), is missing: restore it, or fit the model again; to carry a model to "
                    + "another machine, use `inspectctl model export`")
        }
        let data = try files.read(path, limit: .max)
        guard ContentDigest.sha256(of: data) == sha256 else {
            throw ModelStoreError(
                .damaged, "\(path), the backbone of \(model), is damaged: restore it, or fit the model again")
        }
        let file = try WeightFile.parse(data, name: path.string)
        read.withLock { $0[sha256] = file }
        return file
    }

    /// Its state changes when a backbone is added or restored.
    var stamp: FileStamp? { FileStamp(path: folder.string) }

    private func path(_ sha256: String) -> RawPath { folder / "\(sha256).safetensors" }
}
