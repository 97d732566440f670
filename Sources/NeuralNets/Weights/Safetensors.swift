import Foundation

/// The safetensors container: little-endian `UInt64` header length, a JSON object `name → {dtype, shape, data_offsets}`
/// with an optional `__metadata__` of strings, then the raw data.
enum Safetensors {
    private struct Entry {
        let name: String
        let dtype: StoredTensor.DType
        let shape: [Int]
        let range: Range<Int>
    }

    /// Bytes; parsed, a header takes many times as much. A network needs some 100,000, a model with the calibration
    /// scores of 100,000 images some 10,000,000.
    private static let longestHeader = 32 << 20

    /// Whether a JSON object follows a length below 4 GiB: no zip and no pickle of tensors begins so.
    static func looksLikeHeader(_ data: Data) -> Bool {
        let start = Array(data.prefix(9))
        return start.count == 9 && start[4..<8].allSatisfy { $0 == 0 } && start[8] == UInt8(ascii: "{")
    }

    static func read(_ data: Data) throws -> WeightFile {
        guard data.count >= 8 else {
            throw WeightError(
                .truncated, "the file has \(data.count) bytes; neither safetensors (at least 8) nor a PyTorch file")
        }
        let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(data.count - 8) else {
            throw WeightError(
                .truncated,
                "the header is said to take \(length) bytes, the file has \(data.count - 8) after its length; "
                    + "it is cut short or is no safetensors or PyTorch file")
        }
        guard length <= UInt64(longestHeader) else {
            throw WeightError(
                .refused, "the header takes \(length) bytes, at most \(longestHeader) are read")
        }
        let body = 8 + Int(length)
        let header = data.subdata(in: data.startIndex + 8..<data.startIndex + body)
        guard let object = try? JSONSerialization.jsonObject(with: header), let fields = object as? [String: Any] else {
            throw WeightError(.corrupt, "the header is not a JSON object; is this a safetensors or PyTorch file?")
        }
        var metadata: [String: String] = [:]
        var entries: [Entry] = []
        for (name, value) in fields {
            if name == "__metadata__" {
                guard let strings = value as? [String: String] else {
                    throw WeightError(.corrupt, "__metadata__ must map strings to strings")
                }
                metadata = strings
            } else {
                entries.append(try entry(name, value, available: data.count - body))
            }
        }
        try checkDisjoint(entries)
        var tensors: [String: StoredTensor] = [:]
        let start = data.startIndex + body
        for entry in entries {
            tensors[entry.name] = StoredTensor(
                dtype: entry.dtype, shape: entry.shape,
                bytes: data[start + entry.range.lowerBound..<start + entry.range.upperBound])
        }
        return WeightFile(tensors: tensors, metadata: metadata)
    }

    private static func entry(_ name: String, _ value: Any, available: Int) throws -> Entry {
        guard let fields = value as? [String: Any], let typeName = fields["dtype"] as? String,
            let shape = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int], offsets.count == 2,
            shape.allSatisfy({ $0 >= 0 })
        else { throw WeightError(.corrupt, "tensor \(name): dtype, shape and data_offsets are required") }
        guard let dtype = StoredTensor.DType(rawValue: typeName) else {
            throw WeightError(.unsupported, "tensor \(name): type \(typeName) is not read")
        }
        guard let count = product(shape), let bytes = product([count, dtype.size]) else {
            throw WeightError(.corrupt, "tensor \(name): shape \(shape) overflows")
        }
        guard offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] - offsets[0] == bytes else {
            throw WeightError(
                .corrupt, "tensor \(name): \(shape) of \(typeName) takes \(bytes) bytes, data_offsets are \(offsets)")
        }
        guard offsets[1] <= available else {
            throw WeightError(
                .truncated, "tensor \(name): its data ends at byte \(offsets[1]), the file holds \(available)")
        }
        return Entry(name: name, dtype: dtype, shape: shape, range: offsets[0]..<offsets[1])
    }

    private static func checkDisjoint(_ entries: [Entry]) throws {
        let sorted = entries.filter { !$0.range.isEmpty }.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (first, second) in zip(sorted, sorted.dropFirst()) where second.range.lowerBound < first.range.upperBound {
            throw WeightError(.corrupt, "tensors \(first.name) and \(second.name) overlap in the file")
        }
    }

    /// The product, or nil if it overflows.
    static func product(_ factors: [Int]) -> Int? {
        var result = 1
        for factor in factors {
            let (product, overflow) = result.multipliedReportingOverflow(by: factor)
            if overflow { return nil }
            result = product
        }
        return result
    }

    static func write(_ file: WeightFile) throws -> Data {
        var header: [String: Any] = [:]
        if !file.metadata.isEmpty { header["__metadata__"] = file.metadata }
        var offset = 0
        // Wide types first keeps every tensor aligned to its element; names make the file reproducible.
        let names = file.tensors.sorted { ($1.value.dtype.size, $0.key) < ($0.value.dtype.size, $1.key) }.map(\.key)
        for name in names {
            guard let tensor = file.tensors[name] else { continue }
            header[name] = [
                "dtype": tensor.dtype.rawValue, "shape": tensor.shape,
                "data_offsets": [offset, offset + tensor.bytes.count],
            ]
            offset += tensor.bytes.count
        }
        var json = try JSONSerialization.data(withJSONObject: header, options: [.sortedKeys, .withoutEscapingSlashes])
        json.append(Data(repeating: 0x20, count: (8 - json.count % 8) % 8))
        var data = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) }
        data.reserveCapacity(8 + json.count + offset)
        data.append(json)
        for name in names { if let tensor = file.tensors[name] { data.append(tensor.bytes) } }
        return data
    }
}
