/// Parameters by the names and shapes under which they were stored, in the frameworks' layout.
package struct StoredParameters: ParameterSource {
    private let tensors: [String: StoredTensor]
    private let prefix: String
    private let file: String

    /// - Parameters:
    ///   - prefix: the prefix of names in the file.
    ///   - file: for error messages.
    package init(_ tensors: [String: StoredTensor], prefix: String = "", file: String) {
        (self.tensors, self.prefix, self.file) = (tensors, prefix, file)
    }

    package let padding = PaddingStyle.symmetric
    package let batchNormEpsilon: Float = 1e-5

    package func contains(_ name: String) -> Bool { tensors[prefix + name] != nil }

    package func tensor(_ name: String, shape: [Int]) throws -> [Float] {
        guard let tensor = tensors[prefix + name] else {
            throw WeightError(.mismatch, "\(file): \(prefix + name): expected \(shape), the file does not have it")
        }
        guard tensor.shape == shape, tensor.dtype.isFloatingPoint else {
            throw WeightError(
                .mismatch,
                "\(file): \(prefix + name): expected \(shape), the file has \(tensor.dtype.rawValue) \(tensor.shape)")
        }
        return tensor.floats()
    }
}
