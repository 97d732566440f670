import NeuralNets

/// A model's stored tensors and settings.
package struct ModelContents: Sendable {
    package var tensors: [String: StoredTensor]
    package var settings: [String: String]

    package init(tensors: [String: StoredTensor], settings: [String: String]) {
        self.tensors = tensors
        self.settings = settings
    }
}

/// The error of a model that cannot be stored, read or used.
package struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String
    package init(_ message: String) { self.message = message }
    package var description: String { message }
}
