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
        return try flatten(root, unpickler.heap, size: data.count) { archive.contents("\(folder)data/\($0)") }
    }

    static func readStream(_ data: Data) throws -> WeightFile {
        var unpickler = Unpickler(data, what: "the pickle stream")
        guard case .bytes(let number) = try unpickler.load(), number.elementsEqual(magic) else {
            throw WeightError(.unsupported, "a pickle, but not one that torch.save wrote")
        }
        guard try unpickler.load().integerValue == 1001 else {
            throw WeightError(.unsupported, "the pickle stream has a protocol other than 1001")
        }
        let system = try unpickler.load()
        guard let description = unpickler.heap.pairs(of: system) else {
            throw WeightError(.corrupt, "the pickle stream lacks its system description")
        }
        for (key, value) in description where key.stringValue == "little_endian" {
            if case .bool(false) = value {
                throw WeightError(.unsupported, "the file was written on a big-endian machine")
            }
        }
        let root = try unpickler.load()
        let list = try unpickler.load()
        guard let keys = unpickler.heap.items(of: list) else {
            throw WeightError(.corrupt, "the storage keys are missing")
        }
        let types = unpickler.storageTypes
        var storages: [String: Data] = [:]
        var reader = ByteReader(data, at: unpickler.position, what: "the storages")
        for key in keys.compactMap(\.stringValue) {
            guard let count = Int(exactly: try reader.integer(Int64.self)), count >= 0,
                let type = types[key], let bytes = Safetensors.product([count, type.size])
            else { throw WeightError(.corrupt, "storage \(key) has no type or an impossible size") }
            storages[key] = try reader.bytes(bytes)
        }
        return try flatten(root, unpickler.heap, size: data.count) { storages[$0] }
    }

    /// The state dict: the outermost dictionary with tensors as direct values, without `module.` prefixes
    /// (DataParallel).
    ///
    /// - Parameter size: of the file, in bytes; copies of views may take no more.
    private static func flatten(
        _ root: PickleValue, _ heap: PickleHeap, size: Int, _ storage: (String) -> Data?
    ) throws -> WeightFile {
        var search = StateDictSearch(heap: heap)
        guard let state = search.find(in: root) else {
            throw WeightError(.unsupported, "the file holds no dictionary of tensors; save a model's state_dict()")
        }
        var tensors: [String: StoredTensor] = [:]
        var copied = 0
        for (key, value) in state {
            guard case .tensor(let tensor) = value, var name = key.stringValue else { continue }
            if name.hasPrefix("module.") { name.removeFirst("module.".count) }
            guard let data = storage(tensor.storage.key) else {
                throw WeightError(.truncated, "tensor \(name): its storage \(tensor.storage.key) is not in the file")
            }
            let view = try StridedView(tensor, of: data, name: name)
            if !view.isContiguous { copied += view.byteCount }
            guard copied <= size else {
                throw WeightError(
                    .refused, "tensor \(name): the views up to it take more memory than the file has bytes")
            }
            tensors[name] = view.stored()
        }
        return WeightFile(tensors: tensors)
    }
}

/// Searches a checkpoint for the dictionary of tensors, first under its usual keys.
private struct StateDictSearch {
    let heap: PickleHeap
    /// Dictionaries that were searched; each is searched once, whatever its number of references.
    private var seen: Set<Int> = []

    init(heap: PickleHeap) { self.heap = heap }

    mutating func find(in value: PickleValue, depth: Int = 0) -> [PickleHeap.Pair]? {
        guard case .dictionary(let place) = value, depth < 4, seen.insert(place).inserted,
            let pairs = heap.pairs(of: value)
        else { return nil }
        if pairs.contains(where: { if case .tensor = $0.value { true } else { false } }) { return pairs }
        let preferred = ["state_dict", "model", "model_state_dict", "net", "params"]
        func rank(_ pair: PickleHeap.Pair) -> Int {
            preferred.firstIndex(of: pair.key.stringValue ?? "") ?? preferred.count
        }
        for pair in pairs.sorted(by: { rank($0) < rank($1) }) {
            if let found = find(in: pair.value, depth: depth + 1) { return found }
        }
        return nil
    }
}
