import Foundation
import NeuralNets
import TestSupport
import Testing

/// Every file of the golden `weights` folder: read into the values that its tensors' names give, or refused in words.
@Suite struct WeightFileTests {
    struct Readable: Sendable, CustomTestStringConvertible {
        let file: String
        let dtype: StoredTensor.DType
        /// Rounding to the stored type: half a unit in the last place, relative.
        let rounding: Float
        var testDescription: String { file }
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let file: String
        let code: WeightError.Code
        /// The text that the message must contain.
        let words: [String]
        var testDescription: String { file }
    }

    static let readable = [
        Readable(file: "f32.safetensors", dtype: .f32, rounding: 0),
        Readable(file: "f16.safetensors", dtype: .f16, rounding: 0x1p-11),
        Readable(file: "bf16.safetensors", dtype: .bf16, rounding: 0x1p-8),
        Readable(file: "state_dict_zip.pth", dtype: .f32, rounding: 0),
        Readable(file: "state_dict_stream.pth", dtype: .f32, rounding: 0),
        Readable(file: "checkpoint_dataparallel.pth", dtype: .f32, rounding: 0),
        Readable(file: "parameters.pth", dtype: .f32, rounding: 0),
        Readable(file: "half.pth", dtype: .f16, rounding: 0x1p-11),
    ]

    static let refused = [
        Refused(file: "malicious.pth", code: .refused, words: ["posix.system", "nothing is run"]),
        Refused(file: "malicious_stream.pth", code: .refused, words: ["posix.system", "nothing is run"]),
        Refused(file: "truncated.pth", code: .truncated, words: ["end record", "cut short"]),
        Refused(file: "truncated.safetensors", code: .truncated, words: ["its data ends at byte", "the file holds"]),
        Refused(file: "overlapping.safetensors", code: .corrupt, words: ["bn1.bias", "data_offsets are [9, "]),
        Refused(file: "huge_header.safetensors", code: .truncated, words: ["the header is said to take"]),
    ]

    private static let folder = GoldenFolder.url.appendingPathComponent("weights")

    private func load(_ file: String) throws -> WeightFile {
        try WeightFile.load(path: Self.folder.appendingPathComponent(file).path)
    }

    @Test func no_golden_file_is_left_out() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(files.sorted() == (Self.readable.map(\.file) + Self.refused.map(\.file) + ["views.pth"]).sorted())
    }

    @Test(arguments: readable)
    func a_tensor_holds_the_values_that_its_name_gives(_ expected: Readable) throws {
        let file = try load(expected.file), reference = try load("f32.safetensors")
        let floating = file.tensors.filter { $0.value.dtype.isFloatingPoint }
        #expect(floating.mapValues(\.shape) == reference.tensors.mapValues(\.shape))
        #expect(floating.count >= 7 && floating.values.contains { $0.shape.count == 4 })
        for (name, tensor) in floating {
            #expect(tensor.dtype == expected.dtype, "\(name)")
            #expect(tensor.bytes.count == tensor.shape.reduce(1, *) * tensor.dtype.size, "\(name)")
            let want = FormulaWeights.plainValues(name, count: tensor.count), got = tensor.floats()
            #expect(Set(want).count > 1, "\(name): all values are the same, order would go unnoticed")
            for (got, want) in zip(got, want) {
                #expect(abs(got - want) <= bound(want, expected), "\(name)")
            }
            #expect(tensor.doubles() == got.map(Double.init))
        }
    }

    private func bound(_ value: Float, _ expected: Readable) -> Float {
        // Subnormal halves are 2⁻²⁴ apart.
        expected.rounding == 0 ? 1e-4 * max(1, abs(value)) : expected.rounding * abs(value) + 0x1p-25
    }

    @Test(arguments: readable.map(\.file).filter { $0.hasSuffix(".pth") })
    func the_count_of_batches_stays_an_integer(_ name: String) throws {
        let file = try load(name)
        let integers = file.tensors.filter { !$0.value.dtype.isFloatingPoint }
        let counter = try #require(integers["bn1.num_batches_tracked"])
        #expect(integers.count == 1 && counter.dtype == .i64 && counter.shape == [] && counter.count == 1)
        let other = try #require(try load("state_dict_stream.pth").tensors["bn1.num_batches_tracked"])
        #expect(counter.integers() == other.integers() && counter.floats() == other.integers().map(Float.init))
    }

    @Test func views_are_read_by_their_offset_and_strides() throws {
        let views = try load("views.pth").tensors
        let a = try #require(views["a"]), b = try #require(views["b"]), c = try #require(views["c"])
        let columns = b.shape[0], rows = b.shape[1]
        let shared = FormulaWeights.plainValues("shared", count: rows * columns)
        #expect(a.shape == [2, columns] && c.shape == [rows, (columns + 1) / 2] && rows > 3)
        #expect(worstDifference(a.floats(), Array(shared[columns..<3 * columns])).difference <= 1e-4)
        let transposed = (0..<columns).flatMap { column in (0..<rows).map { shared[$0 * columns + column] } }
        #expect(worstDifference(b.floats(), transposed).difference <= 1e-4)
        let everyOther = (0..<rows).flatMap { row in
            stride(from: 0, to: columns, by: 2).map { shared[row * columns + $0] }
        }
        #expect(worstDifference(c.floats(), everyOther).difference <= 1e-4)
    }

    @Test(arguments: refused)
    func a_file_that_must_not_be_used_is_refused_in_words(_ expected: Refused) throws {
        let error = #expect(throws: WeightError.self) { try load(expected.file) }
        let message = try #require(error?.message)
        #expect(error?.code == expected.code, "\(message)")
        for words in expected.words { #expect(message.contains(words), "\(message)") }
        #expect(message.hasPrefix(Self.folder.appendingPathComponent(expected.file).path + ": "))
        #expect(!FileManager.default.fileExists(atPath: "evil_was_here"))
    }

    @Test func a_refusal_tells_the_numbers_that_contradict_each_other() throws {
        func message(_ file: String) throws -> String {
            try #require(#expect(throws: WeightError.self) { try load(file) }).message
        }
        let bias = try #require(try load("f32.safetensors").tensors["bn1.bias"])
        #expect(try message("overlapping.safetensors").contains("data_offsets are [9, \(bias.bytes.count)]"))
        let bytes = try Data(contentsOf: Self.folder.appendingPathComponent("huge_header.safetensors")).count
        #expect(try message("huge_header.safetensors").contains("the file has \(bytes - 8) after its length"))
    }

    @Test(arguments: readable.map(\.file) + ["views.pth"])
    func a_file_written_as_safetensors_reads_back_the_same(_ name: String) throws {
        var file = try load(name)
        file.metadata["note"] = "a/b \"ö\""
        let again = try WeightFile.parse(try file.encodedAsSafetensors(), name: "again")
        #expect(again.metadata == file.metadata)
        #expect(again.tensors.mapValues(\.shape) == file.tensors.mapValues(\.shape))
        #expect(again.tensors.mapValues(\.dtype) == file.tensors.mapValues(\.dtype))
        #expect(again.tensors.mapValues(\.bytes) == file.tensors.mapValues(\.bytes))
    }

    @Test func metadata_is_read() throws {
        #expect(try load("f32.safetensors").metadata == ["architecture": "tiny"])
        #expect(try load("f16.safetensors").metadata == [:])
    }

    @Test func the_content_decides_not_the_name() throws {
        try withTemporaryFolder { folder in
            for (file, alias) in [("f32.safetensors", "a.pth"), ("half.pth", "b.safetensors")] {
                let copy = folder.appendingPathComponent(alias)
                try FileManager.default.copyItem(at: Self.folder.appendingPathComponent(file), to: copy)
                #expect(try WeightFile.load(path: copy.path).tensors.keys == load(file).tensors.keys)
            }
        }
    }

    @Test func a_missing_or_empty_file_is_distinguished_from_a_damaged_one() throws {
        try withTemporaryFolder { folder in
            let missing = folder.appendingPathComponent("none.pth").path
            let error = #expect(throws: WeightError.self) { try WeightFile.load(path: missing) }
            #expect(error?.code == .unreadable && error?.message.contains(missing) == true)
            #expect(throws: WeightError.self) { try WeightFile.load(path: folder.path) }
            let empty = folder.appendingPathComponent("empty.pth")
            try Data().write(to: empty)
            let short = #expect(throws: WeightError.self) { try WeightFile.load(path: empty.path) }
            #expect(short?.code == .truncated && short?.message.contains("0 bytes") == true)
        }
    }

    /// Lengths whose first bytes are those of a pickle (0x80, then a protocol up to 5) or of a zip ("PK").
    @Test(arguments: [128, 384, 640, 896, 1152, 1408, 0x4b50])
    func a_header_whose_length_begins_as_another_format_is_read(length: Int) throws {
        let tensors = ["a": StoredTensor(floats: [1, 2, 3], shape: [3])]
        func encoded(_ filler: Int) throws -> Data {
            try WeightFile(tensors: tensors, metadata: ["filler": String(repeating: "x", count: filler)])
                .encodedAsSafetensors()
        }
        func header(_ data: Data) -> Int { data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) } }
        let data = try #require(
            try (max(0, length - 300)..<length).lazy.map { try encoded($0) }.first { header($0) == length })
        #expect(try WeightFile.parse(data, name: "model").tensors == tensors)
    }
}
