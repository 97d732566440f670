import Foundation
import NeuralNets
import TensorCore

/// A golden safetensors file, read by tensor name.
public struct GoldenFile: Sendable {
    private let file: WeightFile
    private let name: String

    /// - Parameter name: without the extension, relative to the golden folder (`ops`, `pictures/expected`).
    public init(_ name: String) throws {
        self.name = name
        file = try WeightFile.load(path: GoldenFolder.url.appendingPathComponent("\(name).safetensors").path)
    }

    public var names: [String] { file.tensors.keys.sorted() }
    public var metadata: [String: String] { file.metadata }

    /// A metadata value that is JSON itself.
    public func json(_ key: String) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data((file.metadata[key] ?? "").utf8))
        guard let fields = object as? [String: Any] else { throw MissingGolden(name: "\(name): metadata \(key)") }
        return fields
    }

    public func has(_ tensor: String) -> Bool { file.tensors[tensor] != nil }

    public func stored(_ tensor: String) throws -> StoredTensor {
        guard let stored = file.tensors[tensor] else { throw MissingGolden(name: "\(name): \(tensor)") }
        return stored
    }

    /// As float32, in the file's own layout.
    public func tensor(_ name: String) throws -> Tensor {
        let stored = try stored(name)
        return Tensor(shape: Shape(stored.shape), values: stored.floats())
    }

    /// The tensors under a prefix, by the rest of their names.
    public func tensors(under prefix: String) throws -> [String: StoredTensor] {
        let named = names.filter { $0.hasPrefix(prefix) }
        return Dictionary(
            uniqueKeysWithValues: try named.map { (String($0.dropFirst(prefix.count)), try stored($0)) })
    }

    public func doubles(_ name: String) throws -> [Double] { try stored(name).doubles() }
    public func integers(_ name: String) throws -> [Int] { try stored(name).integers() }
    public func shape(_ name: String) throws -> [Int] { try stored(name).shape }
}

public struct MissingGolden: Error, CustomStringConvertible {
    let name: String
    public var description: String { "the golden file lacks \(name)" }
}

/// The largest |got − want| / max(1, |want|), and where it is; infinite when the counts differ or a value is not
/// finite.
public func worstDifference(_ got: [Float], _ want: [Float]) -> (difference: Float, index: Int) {
    guard got.count == want.count else { return (.infinity, -1) }
    var worst: (difference: Float, index: Int) = (0, 0)
    for index in got.indices {
        let difference = abs(got[index] - want[index]) / max(1, abs(want[index]))
        if !difference.isFinite { return (.infinity, index) }
        if difference > worst.difference { worst = (difference, index) }
    }
    return worst
}
