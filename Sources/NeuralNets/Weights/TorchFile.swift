import Foundation

/// PyTorch's two containers: the zip (`…/data.pkl` beside `…/data/KEY`) of version 1.6 and later, and the older stream:
/// three header pickles, the object, the storage keys, then each storage as an element count and its raw values.
enum TorchFile {
    /// The stream begins with a pickled long, 0x1950a86a20f9469cfc6c.
    private static let magic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]

    static func looksLikeStream(_ data: Data) -> Bool {
        data.count > 2 && data.first == 0x80 && data[data.startIndex + 1] <= 5
    }

    static func readZip(_ data: Data) throws -> WeightFile {
        let archive = try ZipArchive(data)
        guard let pickleName = archive.names.filter({ $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }).min(),
            let pickle = archive.contents(pickleName)
        else { throw WeightError(.unsupported, "the zip holds no data.pkl; it was not written by torch.save") }
        let folder = String(pickleName.dropLast("data.pkl".count))
        if let order = archive.contents("\(folder)byteorder"), String(decoding: order, as: UTF8.self) != "little" {
            throw WeightError(.unsupported, "the file was written on a big-endian machine")
        }
        var unpickler = Unpickler(pickle, what: "data.pkl")
        let root = try unpickler.load()
        return try flatten(root) { archive.contents("\(folder)data/\($0)") }
    }

    static func readStream(_ data: Data) throws -> WeightFile {
        var unpickler = Unpickler(data, what: "the pickle stream")
        guard case .bytes(let number) = try unpickler.load(), number.elementsEqual(magic) else {
            throw WeightError(.unsupported, "a pickle, but not one that torch.save wrote")
        }
        guard try unpickler.load().integerValue == 1001 else {
            throw WeightError(.unsupported, "the pickle stream has a protocol other than 1001")
        }
        guard case .dictionary(let system) = try unpickler.load() else {
            throw WeightError(.corrupt, "the pickle stream lacks its system description")
        }
        for (key, value) in system.value where key.stringValue == "little_endian" {
            if case .bool(false) = value {
                throw WeightError(.unsupported, "the file was written on a big-endian machine")
            }
        }
        let root = try unpickler.load()
        guard let keys = try unpickler.load().items else { throw WeightError(.corrupt, "the storage keys are missing") }
        let types = storageTypes(in: root)
        var storages: [String: Data] = [:]
        var reader = ByteReader(data, at: unpickler.position, what: "the storages")
        for key in keys.compactMap(\.stringValue) {
            guard let count = Int(exactly: try reader.integer(Int64.self)), count >= 0,
                let bytes = Safetensors.product([count, (types[key] ?? .f32).size])
            else { throw WeightError(.corrupt, "storage \(key) has an impossible size") }
            storages[key] = try reader.bytes(bytes)
        }
        return try flatten(root) { storages[$0] }
    }

    private static func storageTypes(in root: PickleValue) -> [String: StoredTensor.DType] {
        var types: [String: StoredTensor.DType] = [:]
        visit(root, path: "", depth: 0) { _, tensor in types[tensor.storage.key] = tensor.storage.dtype }
        return types
    }

    /// Every tensor of the value's dicts, by its dotted path.
    private static func visit(
        _ value: PickleValue, path: String, depth: Int, _ body: (String, TorchTensor) throws -> Void
    ) rethrows {
        switch value {
        case .tensor(let tensor): try body(path, tensor)
        case .dictionary(let dictionary) where depth < 4:
            for (key, value) in dictionary.value {
                guard let name = key.stringValue else { continue }
                try visit(value, path: path.isEmpty ? name : "\(path).\(name)", depth: depth + 1, body)
            }
        default: break
        }
    }

    /// The state dict: the outermost dictionary that has tensors as direct values; `module.` prefixes (DataParallel) go.
    private static func flatten(_ root: PickleValue, _ storage: (String) -> Data?) throws -> WeightFile {
        guard let state = stateDict(root, depth: 0) else {
            throw WeightError(.unsupported, "the file holds no dictionary of tensors; save a model's state_dict()")
        }
        var tensors: [String: StoredTensor] = [:]
        for (key, value) in state {
            guard case .tensor(let tensor) = value, var name = key.stringValue else { continue }
            if name.hasPrefix("module.") { name.removeFirst("module.".count) }
            guard let data = storage(tensor.storage.key) else {
                throw WeightError(.truncated, "tensor \(name): its storage \(tensor.storage.key) is not in the file")
            }
            tensors[name] = try gather(tensor, from: data, name: name)
        }
        return WeightFile(tensors: tensors)
    }

    private static func stateDict(_ value: PickleValue, depth: Int) -> [(PickleValue, PickleValue)]? {
        guard case .dictionary(let dictionary) = value, depth < 4 else { return nil }
        let holdsTensors = dictionary.value.contains { if case .tensor = $0.1 { true } else { false } }
        if holdsTensors { return dictionary.value }
        let preferred = ["state_dict", "model", "model_state_dict", "net", "params"]
        let children = dictionary.value.sorted { first, second in
            (preferred.firstIndex(of: first.0.stringValue ?? "") ?? preferred.count)
                < (preferred.firstIndex(of: second.0.stringValue ?? "") ?? preferred.count)
        }
        for (_, child) in children { if let found = stateDict(child, depth: depth + 1) { return found } }
        return nil
    }

    /// Copies a strided view into row-major order; nothing outside the storage is read.
    private static func gather(_ tensor: TorchTensor, from data: Data, name: String) throws -> StoredTensor {
        let size = tensor.storage.dtype.size, count = tensor.shape.reduce(1, *)
        var last = tensor.offset
        for (length, step) in zip(tensor.shape, tensor.strides) where length > 0 {
            let (reach, overflow) = (length - 1).multipliedReportingOverflow(by: step)
            let (sum, overflowed) = last.addingReportingOverflow(reach)
            if overflow || overflowed { throw WeightError(.corrupt, "tensor \(name): its strides overflow") }
            last = sum
        }
        // A view with stride 0 could ask for more elements than the file has bytes.
        guard count == 0 || (last < data.count / size && count <= data.count / size) else {
            throw WeightError(
                .truncated,
                "tensor \(name): shape \(tensor.shape) needs element \(last), its storage has \(data.count / size)")
        }
        if isContiguous(tensor) {
            let start = data.startIndex + tensor.offset * size
            return StoredTensor(
                dtype: tensor.storage.dtype, shape: tensor.shape, bytes: data[start..<start + count * size])
        }
        var bytes = Data(capacity: count * size)
        var index = [Int](repeating: 0, count: tensor.shape.count), source = tensor.offset
        for _ in 0..<count {
            let start = data.startIndex + source * size
            bytes.append(data[start..<start + size])
            var axis = index.count - 1
            while axis >= 0 {
                index[axis] += 1
                source += tensor.strides[axis]
                if index[axis] < tensor.shape[axis] { break }
                source -= tensor.strides[axis] * index[axis]
                index[axis] = 0
                axis -= 1
            }
        }
        return StoredTensor(dtype: tensor.storage.dtype, shape: tensor.shape, bytes: bytes)
    }

    private static func isContiguous(_ tensor: TorchTensor) -> Bool {
        var expected = 1
        for (length, step) in zip(tensor.shape, tensor.strides).reversed() {
            if length != 1 && step != expected { return false }
            expected *= length
        }
        return true
    }
}
