import Foundation
import NeuralNets
import TestSupport
import Testing

/// Pickles that ask for more than tensors, for elements that are not there, or for more stack, time or memory than they
/// are worth; and the forms that must be read all the same.
@Suite struct HostilePickleTests {
    /// The error that reading ends in.
    private func refusal(_ data: Data) throws -> WeightError {
        let error = #expect(throws: WeightError.self) { try WeightFile.parse(data, name: "file") }
        return try #require(error)
    }

    private func stream(_ storages: [TorchFixture.Storage] = [], _ write: (inout PickleWriter) -> Void) -> Data {
        var pickle = PickleWriter()
        write(&pickle)
        pickle.stop()
        return TorchFixture.stream(pickle.data, storages)
    }

    // MARK: Globals

    @Test(arguments: [
        ("os", "system"), ("builtins", "eval"), ("__builtin__", "getattr"), ("torch.nn.modules.conv", "Conv2d"),
        ("numpy.core.multiarray", "_reconstruct"), ("torch", "load"), ("torch", "QInt8Storage"),
        ("collections", "OrderedDict.fromkeys"), ("torch._utils", "_rebuild_sparse_tensor"),
    ])
    func a_global_that_is_no_tensors_is_refused_by_name(module: String, name: String) throws {
        let spelled = stream {
            $0.global(module, name)
            $0.op(")R")
        }
        let stacked = stream {
            $0.string(module)
            $0.string(name)
            $0.op(0x93)
        }
        var pickle = PickleWriter()
        pickle.global(module, name)
        pickle.stop()
        for file in [spelled, stacked, TorchFixture.zip(pickle.data, [])] {
            let error = try refusal(file)
            #expect(error.code == .refused && error.message.contains("asks for \(module).\(name);"), "\(error)")
        }
    }

    @Test func opcodes_that_make_objects_are_refused() throws {
        // INST, OBJ, NEWOBJ_EX, PERSID, EXT1, NEXT_BUFFER
        for opcode: UInt8 in [0x69, 0x6f, 0x92, 0x50, 0x82, 0x97] {
            let error = try refusal(stream { $0.op(opcode) })
            #expect(error.code == .refused && error.message.contains("0x\(String(opcode, radix: 16))"), "\(error)")
        }
    }

    @Test func nothing_but_a_permitted_constructor_is_called() throws {
        let text = try refusal(
            stream {
                $0.string("os.system")
                $0.op(")R")
            })
        #expect(text.code == .refused && text.message.contains("not a permitted constructor"), "\(text)")
        let storage = try refusal(
            stream {
                $0.global("torch", "FloatStorage")
                $0.op(")R")
            })
        #expect(storage.code == .refused, "\(storage)")
        let attributes = try refusal(stream { $0.op("N}b") })
        #expect(attributes.code == .refused && attributes.message.contains("attributes"), "\(attributes)")
    }

    // MARK: Pickles that would take the stack, the time or the memory

    @Test(arguments: [0x85, 0x61] as [UInt8])
    func a_million_nested_containers_do_not_overflow_the_stack(opcode: UInt8) throws {
        let file = stream {
            $0.op(UInt8(ascii: "]"), times: opcode == 0x85 ? 1 : 1_000_001)
            $0.op(opcode, times: 1_000_000)
        }
        let error = try refusal(file)
        #expect(error.code == .unsupported && error.message.contains("no dictionary of tensors"), "\(error)")
    }

    @Test func a_dictionary_within_itself_ends_the_search() throws {
        let file = stream {
            $0.op("}")
            $0.op(UInt8(ascii: "q"), 0)
            $0.string("state_dict")
            $0.op(UInt8(ascii: "h"), 0)
            $0.op("s")
        }
        #expect(try refusal(file).code == .unsupported)
    }

    @Test func dictionaries_that_repeat_each_other_are_searched_once() throws {
        // Four levels, each naming the next 5,000 times: 6 × 10¹⁴ paths.
        let file = stream { pickle in
            for level: UInt8 in 0..<4 {
                pickle.op("}(")
                for _ in 0..<(level == 0 ? 0 : 5_000) {
                    pickle.op("N")
                    pickle.op(UInt8(ascii: "h"), level - 1)
                }
                pickle.op("u")
                pickle.op(UInt8(ascii: "q"), level)
            }
        }
        #expect(try refusal(file).code == .unsupported)
    }

    @Test func a_list_is_not_copied_again_and_again() throws {
        // 20,000 dictionaries of the same 20,000 pairs.
        let file = stream { pickle in
            pickle.op("N")
            pickle.op("N")
            pickle.op(0x86)
            pickle.op(UInt8(ascii: "q"), 0)
            pickle.op("](")
            pickle.op(UInt8(ascii: "h"), 0, times: 20_000)
            pickle.op("e")
            pickle.op(0x85, UInt8(ascii: "q"), 1)
            pickle.global("collections", "OrderedDict")
            pickle.op(UInt8(ascii: "q"), 2)
            for _ in 0..<20_000 { pickle.op(UInt8(ascii: "h"), 2, UInt8(ascii: "h"), 1, 0x52, 0x30) }
        }
        let error = try refusal(file)
        #expect(error.code == .corrupt && error.message.contains("copied again"), "\(error)")
    }

    @Test func a_pickle_of_many_megabytes_is_refused() throws {
        let pickle = try refusal(
            stream {
                $0.op("N0"); for _ in 0..<23 { $0.op(0x4e, 0x30, times: 200_000) }
            })
        #expect(pickle.code == .refused && pickle.message.contains("8388608 bytes"), "\(pickle)")
    }

    // MARK: Views

    private func view(
        _ shape: [Int], _ strides: [Int], offset: Int = 0, copies: Int = 1, of count: Int = 4
    ) -> Data {
        stream([.init(key: "0", floats: (0..<count).map(Float.init))]) { pickle in
            pickle.op("}(")
            for copy in 0..<copies {
                pickle.string("t\(copy)")
                pickle.tensor(storage: "0", count: count, offset: offset, shape: shape, strides: strides)
            }
            pickle.op("u")
        }
    }

    /// The form of old PyTorch versions: tensors rebuilt from four arguments, an OrderedDict from a list of pairs.
    @Test func the_oldest_forms_are_read() throws {
        let file = stream([.init(key: "0", floats: [1, 2, 3, 4])]) { pickle in
            pickle.global("collections", "OrderedDict")
            pickle.op("](](")
            pickle.string("conv1.weight")
            pickle.tensor(storage: "0", count: 4, shape: [2, 2], strides: [2, 1], isOld: true)
            pickle.op("ee")
            pickle.op(0x85)
            pickle.op("R")
        }
        let tensors = try WeightFile.parse(file, name: "file").tensors
        #expect(tensors.keys.sorted() == ["conv1.weight"])
        #expect(tensors["conv1.weight"]?.floats() == [1, 2, 3, 4] && tensors["conv1.weight"]?.shape == [2, 2])
    }

    @Test func views_are_gathered() throws {
        let file = try WeightFile.parse(view([2, 2], [1, 2]), name: "file")
        #expect(file.tensors["t0"]?.floats() == [0, 2, 1, 3] && file.tensors["t0"]?.shape == [2, 2])
        let offset = try WeightFile.parse(view([2], [2], offset: 1), name: "file")
        #expect(offset.tensors["t0"]?.floats() == [1, 3])
        let single = try WeightFile.parse(view([2, 1], [2, .max], offset: 1), name: "file")
        #expect(single.tensors["t0"]?.floats() == [1, 3], "the stride of one element is never taken")
        let scalar = try WeightFile.parse(view([], [], offset: 3), name: "file")
        #expect(scalar.tensors["t0"]?.floats() == [3] && scalar.tensors["t0"]?.shape == [])
    }

    @Test(
        arguments: [
            ([5], [1], 0), ([2], [1], 3), ([2, 2], [3, 1], 0), ([1], [1], 4), ([1], [1], .max),
            ([1_000_000_000], [0], 0), ([1 << 31, 1 << 31], [0, 0], 0), ([2], [.max], 1), ([3], [1 << 62], 0),
            ([1 << 32, 1 << 32], [1, 1], 0), ([-1], [1], 0), ([2], [-1], 1), ([1], [1], -1), ([2, 2], [1], 0),
        ] as [([Int], [Int], Int)])
    func a_view_beyond_its_storage_is_refused(shape: [Int], strides: [Int], offset: Int) throws {
        let error = try refusal(view(shape, strides, offset: offset))
        #expect([.truncated, .corrupt].contains(error.code), "\(error)")
    }

    @Test func a_shape_of_a_million_dimensions_is_not_read_for_each_tensor() throws {
        // Written once and named 20,000 times: 20 GB of shapes.
        let file = stream([.init(key: "0", floats: [1])]) { pickle in
            pickle.global("torch._utils", "_rebuild_tensor_v2")
            pickle.op(UInt8(ascii: "q"), 0)
            pickle.op("((")
            pickle.string("storage")
            pickle.global("torch", "FloatStorage")
            pickle.string("0")
            pickle.string("cpu")
            pickle.op("NtQ")
            pickle.op(UInt8(ascii: "K"), 0)
            pickle.op("(")
            pickle.op(UInt8(ascii: "K"), 1, times: 1_000_000)
            pickle.op("t")
            pickle.op("2t")
            pickle.op(UInt8(ascii: "q"), 1)
            for _ in 0..<20_000 { pickle.op(UInt8(ascii: "h"), 0, UInt8(ascii: "h"), 1, 0x52, 0x30) }
        }
        let error = try refusal(file)
        #expect(error.code == .refused && error.message.contains("1000000 dimensions"), "\(error)")
    }

    @Test func an_empty_tensor_reads_nothing_whatever_its_strides() throws {
        for (shape, strides, offset) in [
            ([0], [1], 0), ([0, 1 << 61, 4], [1, 4, 1], .max), ([3, 0], [.max, .max], 9),
        ] {
            let file = try WeightFile.parse(view(shape, strides, offset: offset), name: "file")
            #expect(file.tensors["t0"]?.shape == shape && file.tensors["t0"]?.floats() == [])
        }
    }

    @Test func views_may_not_multiply_the_file() throws {
        // 2,000 transposed views of 400 kB.
        let error = try refusal(view([100, 1000], [1, 100], copies: 2_000, of: 100_000))
        #expect(error.code == .refused && error.message.contains("more memory"), "\(error)")
        // Plain slices cost nothing.
        let file = try WeightFile.parse(view([100_000], [1], copies: 2_000, of: 100_000), name: "file")
        #expect(file.tensors.count == 2_000 && file.tensors["t1999"]?.floats().last == 99_999)
    }

    @Test func a_storage_that_the_file_lacks_is_named() throws {
        var pickle = PickleWriter()
        pickle.op("}")
        pickle.string("conv.weight")
        pickle.tensor(storage: "17", count: 4, shape: [4], strides: [1])
        pickle.op("s")
        pickle.stop()
        for file in [TorchFixture.zip(pickle.data, []), TorchFixture.stream(pickle.data, [])] {
            let error = try refusal(file)
            #expect(error.code == .truncated && error.message.contains("conv.weight: its storage 17"), "\(error)")
        }
    }
}
