import NeuralNets

/// What a model stores: tensors and settings.
public struct ModelContents: Sendable {
    public var tensors: [String: StoredTensor]
    public var settings: [String: String]

    public init(tensors: [String: StoredTensor], settings: [String: String]) {
        self.tensors = tensors
        self.settings = settings
    }
}

/// A model cannot be stored, read or used.
public struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
    public let message: String
    public init(_ message: String) { self.message = message }
    public var description: String { message }
}
