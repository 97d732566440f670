import Foundation
import NeuralNets

/// Finds a backbone by what a user calls it.
public struct BackboneCatalog: Sendable {
    /// `<state>/backbones`.
    public let folder: String

    public init(folder: String) {
        self.folder = folder
    }

    /// - Parameter reference: nil for the built-in one, a file's path, or the name of an imported one.
    /// - Throws: `WeightError`, `ProgramError` for a name that nothing has.
    public func load(_ reference: String?) throws -> Backbone {
        guard let reference, reference != Backbone.defaultName else { return try Backbone.embedded() }
        if reference.contains("/") || FileManager.default.fileExists(atPath: reference) {
            return try Backbone.load(path: reference)
        }
        throw ProgramError(
            .noInput,
            "there is no backbone '\(reference)'; `inspectctl backbone list` shows those there are, "
                + "`inspectctl backbone import FILE` adds one, and a path to a .safetensors or .pth file works too")
    }
}
