import Foundation
import NeuralNets

/// A model on disk: one safetensors file, format 2. (Models of format 1 have whitening triangles as floats only.)
///
/// Metadata: `format`, `method`, `backbone`, `self_test_score`, and the method's settings. Tensors: the method's own,
/// and the backbone's under `backbone.`: a model file is self-contained and survives a new embedded backbone. A
/// fine-tuned embedded backbone is stored as its changes (`BackboneDifference`).
package struct ModelFile: Sendable {
    package static let currentFormat = 2

    package let model: any DetectorModel
    /// The score of `SelfTest.frame` when the model was fitted.
    package let selfTestScore: Double

    package init(model: any DetectorModel, selfTestScore: Double) {
        self.model = model
        self.selfTestScore = selfTestScore
    }

    /// A freshly fitted model: scores the self-test frame.
    package init(fitted model: any DetectorModel) throws {
        self.init(model: model, selfTestScore: try SelfTest.score(model))
    }

    /// - Throws: the model's own errors of encoding.
    package func stored() throws -> WeightFile {
        var contents = try model.encoded()
        if let backbone = model.trainedBackbone, let origin = backbone.origin,
            backbone.file.tensors != origin.tensors
        {
            BackboneDifference.shorten(&contents, from: origin, named: backbone.name)
        }
        var metadata = contents.settings
        metadata["format"] = String(Self.currentFormat)
        metadata["method"] = model.method.rawValue
        metadata["backbone"] = model.backboneName
        metadata["self_test_score"] = String(selfTestScore)
        return WeightFile(tensors: contents.tensors, metadata: metadata)
    }

    package func encoded() throws -> Data { try stored().encodedAsSafetensors() }

    /// - Parameters:
    ///   - name: for error messages.
    ///   - models: the known kinds of models.
    ///   - bases: embedded backbones by name; nil for other names.
    /// - Throws: `ModelError`, `WeightError`.
    package static func decode(
        _ stored: WeightFile, name: String, models: [any DetectorModel.Type],
        bases: (String) throws -> WeightFile? = { _ in nil }
    ) throws -> ModelFile {
        var file = stored
        guard let format = file.metadata["format"].flatMap(Int.init) else {
            throw ModelError("\(name) is not a model: it has no format number; give a file from `inspectctl fit`")
        }
        guard format <= currentFormat else {
            throw ModelError(
                "\(name) has format \(format), this version reads at most \(currentFormat); upgrade inspectd or fit again"
            )
        }
        let method = file.metadata["method"] ?? ""
        guard let type = models.first(where: { $0.method.rawValue == method }) else {
            throw ModelError(
                "\(name) has method '\(method)'; known: " + models.map { $0.method.rawValue }.joined(separator: ", "))
        }
        guard let score = file.metadata["self_test_score"].flatMap(Double.init) else {
            throw ModelError("\(name) is damaged: it has no self-test score; fit again")
        }
        file = try BackboneDifference.complete(file, name: name, bases: bases)
        let model: any DetectorModel = try type.init(file: file, name: name)
        return ModelFile(model: model, selfTestScore: score)
    }

    /// Scores the self-test frame again.
    /// - Throws: `ModelError` if the score is not the stored one: the file or this machine's arithmetic is wrong.
    package func verifySelfTest(name: String) throws {
        let score = try SelfTest.score(model)
        guard abs(score - selfTestScore) <= model.rounding(of: selfTestScore) else {
            throw ModelError(
                "\(name) scores its self-test frame \(score) instead of the stored \(selfTestScore); "
                    + "the file is damaged or this build computes wrongly; run `inspectctl fit` again")
        }
    }
}
