/// The constructors that a pickled state dict may call, as values.
enum TorchObjects {
    /// PyTorch's own limit. A long shape, written once and named by thousands of tensors, would take time and memory
    /// for each.
    private static let mostDimensions = 64

    static func call(
        _ callee: PickleValue, _ arguments: [PickleValue], _ heap: inout PickleHeap
    ) throws -> PickleValue {
        guard case .global(let global) = callee else {
            throw WeightError(.refused, "the pickle calls something that is not a permitted constructor")
        }
        switch global {
        case .orderedDict:
            var pairs: [PickleHeap.Pair] = []
            for item in heap.items(of: arguments.first) ?? [] {
                guard let pair = heap.items(of: item), pair.count == 2 else {
                    throw WeightError(.corrupt, "an OrderedDict's items must be pairs")
                }
                pairs.append((pair[0], pair[1]))
            }
            return heap.dictionary(pairs)
        case .set, .size: return heap.sequence(heap.items(of: arguments.first) ?? [])
        case .device: return .opaque
        case .rebuildTensor: return try tensor(arguments, heap)
        case .rebuildParameter:
            guard let first = arguments.first, case .tensor = first else {
                throw WeightError(.corrupt, "a parameter holds no tensor")
            }
            return first
        case .storage, .untypedStorage, .dtype:
            throw WeightError(.refused, "the pickle calls a storage or type, which weight files only name")
        }
    }

    /// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)`, or the first four of them.
    private static func tensor(_ arguments: [PickleValue], _ heap: PickleHeap) throws -> PickleValue {
        guard arguments.count >= 4, case .storage(let storage) = arguments[0], let offset = arguments[1].integerValue,
            let shape = heap.items(of: arguments[2]), let strides = heap.items(of: arguments[3]),
            shape.count == strides.count
        else { throw WeightError(.corrupt, "a tensor is described in a form that is not known") }
        guard shape.count <= mostDimensions else {
            throw WeightError(.refused, "a tensor has \(shape.count) dimensions, at most \(mostDimensions) are read")
        }
        let sizes = shape.compactMap(\.integerValue), steps = strides.compactMap(\.integerValue)
        guard sizes.count == shape.count, steps.count == strides.count, offset >= 0, sizes.allSatisfy({ $0 >= 0 }),
            steps.allSatisfy({ $0 >= 0 }), Safetensors.product(sizes) != nil
        else { throw WeightError(.corrupt, "a tensor has an impossible shape \(sizes), stride or offset") }
        return .tensor(TorchTensor(storage: storage, offset: offset, shape: sizes, strides: steps))
    }

    /// The persistent id of a storage: `("storage", type, key, location, element count[, view])`.
    static func persistent(_ id: PickleValue, _ heap: PickleHeap) throws -> TorchStorage {
        guard let items = heap.items(of: id), items.count >= 5, items[0].stringValue == "storage",
            let key = items[2].stringValue,
            case .global(let global) = items[1]
        else { throw WeightError(.corrupt, "a persistent id is not that of a storage") }
        switch global {
        case .storage(let dtype): return TorchStorage(key: key, dtype: dtype)
        case .untypedStorage: return TorchStorage(key: key, dtype: .u8)
        default: throw WeightError(.corrupt, "a persistent id is not that of a storage")
        }
    }
}
