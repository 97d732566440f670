import Foundation

/// A pickled tensor over its storage's bytes: checked once to lie within them, then read in row-major order.
struct StridedView {
    /// Bytes of the values, in row-major order.
    let byteCount: Int
    /// Whether the values lie row-major already, so that nothing is copied.
    let isContiguous: Bool
    private let tensor: TorchTensor
    private let storage: Data
    private let count: Int

    /// - Throws: `WeightError` if an element lies outside the storage.
    init(_ tensor: TorchTensor, of storage: Data, name: String) throws {
        self.tensor = tensor
        self.storage = storage
        let size = tensor.storage.dtype.size, available = storage.count / size
        // An empty tensor reads nothing, whatever its offset and strides.
        guard !tensor.shape.contains(0) else {
            (count, byteCount, isContiguous) = (0, 0, true)
            return
        }
        count = tensor.shape.reduce(1, *)
        var last = tensor.offset
        for (length, step) in zip(tensor.shape, tensor.strides) {
            let (reach, overflow) = (length - 1).multipliedReportingOverflow(by: step)
            let (sum, overflowed) = last.addingReportingOverflow(reach)
            if overflow || overflowed { throw WeightError(.corrupt, "tensor \(name): its strides overflow") }
            last = sum
        }
        // A view with stride 0 could ask for more elements than the storage has.
        guard last < available, count <= available else {
            throw WeightError(
                .truncated,
                "tensor \(name): shape \(tensor.shape) needs element \(last), its storage has \(available)")
        }
        byteCount = count * size
        var expected = 1, isContiguous = true
        for (length, step) in zip(tensor.shape, tensor.strides).reversed() {
            if length != 1 && step != expected { isContiguous = false }
            expected *= length
        }
        self.isContiguous = isContiguous
    }

    func stored() -> StoredTensor {
        StoredTensor(dtype: tensor.storage.dtype, shape: tensor.shape, bytes: isContiguous ? slice() : gathered())
    }

    private func slice() -> Data {
        guard count > 0 else { return Data() }
        let start = storage.startIndex + tensor.offset * tensor.storage.dtype.size
        return storage[start..<start + byteCount]
    }

    private func gathered() -> Data {
        let size = tensor.storage.dtype.size
        var bytes = Data(capacity: byteCount)
        var index = [Int](repeating: 0, count: tensor.shape.count), source = tensor.offset
        for _ in 0..<count {
            let start = storage.startIndex + source * size
            bytes.append(storage[start..<start + size])
            var axis = index.count - 1
            while axis >= 0 {
                // Never a step past the last element: the stride of an axis of one element may be anything.
                if index[axis] + 1 < tensor.shape[axis] {
                    index[axis] += 1
                    source += tensor.strides[axis]
                    break
                }
                source -= tensor.strides[axis] * index[axis]
                index[axis] = 0
                axis -= 1
            }
        }
        return bytes
    }
}
