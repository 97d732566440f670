import DetectionCore
import Foundation
import NeuralNets

/// The detection methods of the programs. A method is added by its folder and one line here.
package enum MethodRegistry {
    package static let methods: [any MethodArguments.Type] = [
        GaussianArguments.self,
        GRADArguments.self,
        GANomalyArguments.self,
        GradConArguments.self,
        ODINArguments.self,
        PatchCoreArguments.self,
    ]

    package static let models: [any DetectorModel.Type] = methods.map { model(of: $0) }

    private static func model<Method: MethodArguments>(of _: Method.Type) -> any DetectorModel.Type {
        Method.Model.self
    }

    /// Whether models of the method recognise products, as a product gate must.
    package static func isGate(_ method: String) -> Bool {
        methods.contains { $0.name == method && $0.isGate }
    }
}

extension ModelFile {
    /// Reads a model of any registered method.
    /// - Parameters:
    ///   - name: for error messages.
    ///   - bases: embedded backbones by name; nil for other names.
    /// - Throws: `ModelError`, `WeightError`.
    package static func decode(
        _ data: Data, name: String, bases: (String) throws -> WeightFile? = { _ in nil }
    ) throws -> ModelFile {
        try decode(try WeightFile.parse(data, name: name), name: name, bases: bases)
    }

    /// The same for a file that is parsed already.
    package static func decode(
        _ file: WeightFile, name: String, bases: (String) throws -> WeightFile? = { _ in nil }
    ) throws -> ModelFile {
        try decode(file, name: name, models: MethodRegistry.models, bases: bases)
    }
}
