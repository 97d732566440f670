import Foundation

/// The result of a restricted unpickling: plain values, containers and the few objects a state dict is made of.
enum PickleValue {
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    case bytes(Data)
    /// tuple, list, set: its place in the heap.
    case sequence(Int)
    /// dict, OrderedDict: its place in the heap.
    case dictionary(Int)
    /// A permitted global, not yet called.
    case global(PickleGlobal)
    indirect case storage(TorchStorage)
    indirect case tensor(TorchTensor)
    /// A permitted object with ignored content (a device, a hook table).
    case opaque

    var integerValue: Int? {
        switch self {
        case .integer(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    var stringValue: String? { if case .string(let value) = self { value } else { nil } }
}

/// The containers of a pickle. Values name them by place, so a file can neither nest them so deeply that releasing them
/// overflows the stack, nor tie them into a cycle that is never released.
struct PickleHeap {
    typealias Pair = (key: PickleValue, value: PickleValue)

    private var sequences: [[PickleValue]] = []
    /// In insertion order.
    private var dictionaries: [[Pair]] = []

    mutating func sequence(_ items: [PickleValue]) -> PickleValue {
        sequences.append(items)
        return .sequence(sequences.count - 1)
    }

    mutating func dictionary(_ pairs: [Pair]) -> PickleValue {
        dictionaries.append(pairs)
        return .dictionary(dictionaries.count - 1)
    }

    /// The elements of a sequence, nil for any other value.
    func items(of value: PickleValue?) -> [PickleValue]? {
        if case .sequence(let place) = value { sequences[place] } else { nil }
    }

    /// The pairs of a dictionary, nil for any other value.
    func pairs(of value: PickleValue) -> [Pair]? {
        if case .dictionary(let place) = value { dictionaries[place] } else { nil }
    }

    /// Whether `value` is a sequence, which then has the items.
    mutating func append(_ items: [PickleValue], to value: PickleValue) -> Bool {
        guard case .sequence(let place) = value else { return false }
        sequences[place] += items
        return true
    }

    /// Whether `value` is a dictionary, which then has the pairs.
    mutating func append(_ pairs: [Pair], to value: PickleValue) -> Bool {
        guard case .dictionary(let place) = value else { return false }
        dictionaries[place] += pairs
        return true
    }
}

/// The globals that a weight file may name. All others are refused by name.
enum PickleGlobal {
    case orderedDict, set, rebuildTensor, rebuildParameter, size, device
    case storage(StoredTensor.DType)
    /// A storage class without a type of its own (the tensor's dtype comes along separately).
    case untypedStorage
    case dtype(StoredTensor.DType)

    init(module: String, name: String) throws {
        let types: [String: StoredTensor.DType] = [
            "Float": .f32, "Double": .f64, "Half": .f16, "BFloat16": .bf16, "Long": .i64, "Int": .i32, "Short": .i16,
            "Char": .i8, "Byte": .u8, "Bool": .bool,
        ]
        let dtypes: [String: StoredTensor.DType] = [
            "float32": .f32, "float64": .f64, "float16": .f16, "bfloat16": .bf16, "int64": .i64, "int32": .i32,
            "int16": .i16, "int8": .i8, "uint8": .u8, "bool": .bool,
        ]
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDict
        case ("builtins", "set"), ("__builtin__", "set"): self = .set
        // The first form, of files before 2018, lacks the later arguments, which are not read.
        case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
        case ("torch", "Size"): self = .size
        case ("torch", "device"): self = .device
        case ("torch.storage", "UntypedStorage"), ("torch", "UntypedStorage"): self = .untypedStorage
        case ("torch", _) where name.hasSuffix("Storage") && types[String(name.dropLast(7))] != nil:
            self = .storage(types[String(name.dropLast(7))] ?? .f32)
        case ("torch", _) where dtypes[name] != nil: self = .dtype(dtypes[name] ?? .f32)
        default:
            throw WeightError(
                .refused,
                "the file asks for \(module).\(name); only tensors, parameters and plain containers are read, nothing is run"
            )
        }
    }
}

/// Raw storage by its key in the file, not loaded yet.
struct TorchStorage {
    let key: String
    let dtype: StoredTensor.DType
}

/// A strided view of a storage.
struct TorchTensor {
    let storage: TorchStorage
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}
