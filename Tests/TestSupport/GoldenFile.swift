import Foundation
import NeuralNets
import TensorCore

/// A golden safetensors file, read by tensor name.
package struct GoldenFile: Sendable {
    private let file: WeightFile
    private let name: String

    /// - Parameter name: without the extension, relative to the golden folder (`ops`, `pictures/expected`).
    package init(_ name: String) throws {
        self.name = name
        file = try WeightFile.load(path: GoldenFolder.url.appendingPathComponent("\(name).safetensors").path)
    }

    package var names: [String] { file.tensors.keys.sorted() }
    package var metadata: [String: String] { file.metadata }

    /// A metadata value that is JSON itself.
    package func json(_ key: String) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data((file.metadata[key] ?? "").utf8))
        guard let fields = object as? [String: Any] else { throw MissingGolden(name: "\(name): metadata \(key)") }
        return fields
    }

    package func has(_ tensor: String) -> Bool { file.tensors[tensor] != nil }

    package func stored(_ tensor: String) throws -> StoredTensor {
        guard let stored = file.tensors[tensor] else { throw MissingGolden(name: "\(name): \(tensor)") }
        return stored
    }

    /// As float32, in the file's own layout.
    package func tensor(_ name: String) throws -> Tensor {
        let stored = try stored(name)
        return Tensor(shape: Shape(stored.shape), values: stored.floats())
    }

    /// A matrix, row by row.
    package func rows(_ name: String) throws -> [[Float]] {
        let matrix = try tensor(name)
        guard matrix.shape.rank == 2 else { throw unlike(name, "a matrix") }
        let columns = matrix.shape[1]
        return (0..<matrix.shape[0]).map { Array(matrix.values[$0 * columns..<($0 + 1) * columns]) }
    }

    /// A batch, image by image, each `[1, height, width, channels]`.
    package func pictures(_ name: String) throws -> [Tensor] {
        let batch = try tensor(name)
        guard batch.shape.rank == 4 else { throw unlike(name, "a batch of images") }
        let shape = Shape([1] + batch.shape.dimensions.dropFirst()), count = shape.dimensions.reduce(1, *)
        return (0..<batch.shape[0]).map { picture in
            let values = Array(batch.values[picture * count..<(picture + 1) * count])
            return Tensor(shape: shape, values: values).channelsLast()
        }
    }

    private func unlike(_ tensor: String, _ form: String) -> MissingGolden {
        MissingGolden(name: "\(name): \(tensor) as \(form), its shape is \(file.tensors[tensor]?.shape ?? [])")
    }

    /// What follows `prefix` in the one name that begins so: an option of the numbers (`f64.aupro_fpr0.3`).
    package func option(_ prefix: String) throws -> (name: String, value: Double) {
        let found = names.compactMap { name in
            name.hasPrefix(prefix) ? Double(name.dropFirst(prefix.count)).map { (name, $0) } : nil
        }
        guard found.count == 1 else { throw MissingGolden(name: "\(name): one \(prefix)…, it has \(found.count)") }
        return found[0]
    }

    /// The tensors under a prefix, by the rest of their names.
    package func tensors(under prefix: String) throws -> [String: StoredTensor] {
        let named = names.filter { $0.hasPrefix(prefix) }
        return Dictionary(
            uniqueKeysWithValues: try named.map { (String($0.dropFirst(prefix.count)), try stored($0)) })
    }

    package func doubles(_ name: String) throws -> [Double] { try stored(name).doubles() }
    package func integers(_ name: String) throws -> [Int] { try stored(name).integers() }
    package func shape(_ name: String) throws -> [Int] { try stored(name).shape }
}

package struct MissingGolden: Error, CustomStringConvertible {
    let name: String
    package var description: String { "the golden file lacks \(name)" }
}

/// The largest |got − want| / max(1, |want|), and where it is; infinite when the counts differ or a value is not
/// finite.
package func worstDifference(_ got: [Float], _ want: [Float]) -> (difference: Float, index: Int) {
    guard got.count == want.count else { return (.infinity, -1) }
    var worst: (difference: Float, index: Int) = (0, 0)
    for index in got.indices {
        let difference = abs(got[index] - want[index]) / max(1, abs(want[index]))
        if !difference.isFinite { return (.infinity, index) }
        if difference > worst.difference { worst = (difference, index) }
    }
    return worst
}
