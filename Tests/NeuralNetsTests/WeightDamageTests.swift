import Foundation
import NeuralNets
import SeededRandom
import TestSupport
import Testing

/// Damaged copies of small files of every container: each loads into tensors that hold together or is refused with a
/// `WeightError`. A crash or a hang would end the test run itself.
@Suite(.timeLimit(.minutes(1))) struct WeightDamageTests {
    static let files = [
        "f32.safetensors", "f16.safetensors", "bf16.safetensors", "state_dict_zip.pth", "state_dict_stream.pth",
        "checkpoint_dataparallel.pth", "parameters.pth", "half.pth", "views.pth",
    ]

    private func bytes(_ file: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: GoldenFolder.url.appendingPathComponent("weights/\(file)")))
    }

    /// Whether the bytes were loaded; false when they were refused. Any other error is the test's failure.
    private func loads(_ bytes: [UInt8], _ what: @autoclosure () -> String) throws -> Bool {
        do {
            let file = try WeightFile.parse(Data(bytes), name: "damaged")
            for (name, tensor) in file.tensors {
                let elements = tensor.shape.reduce(1, *)
                guard tensor.bytes.count == elements * tensor.dtype.size, tensor.bytes.count <= bytes.count,
                    tensor.floats().count == elements, tensor.integers().count == elements
                else {
                    Issue.record("\(what()): \(name) of \(tensor.shape) has \(tensor.bytes.count) bytes")
                    continue
                }
            }
            // None of these files is a network, damaged or not.
            #expect(throws: WeightError.self) { try Backbone(file: file, name: "damaged") }
            return true
        } catch let error as WeightError {
            if !error.message.hasPrefix("damaged: ") { Issue.record("\(what()): the file is not named: \(error)") }
            return false
        }
    }

    @Test(arguments: files)
    func a_file_cut_anywhere_is_refused(_ file: String) throws {
        let whole = try bytes(file)
        #expect(try loads(whole, "the whole file"))
        var lengths = Set(stride(from: 0, to: whole.count, by: 7))
        lengths.formUnion(0..<80)
        lengths.formUnion(whole.count - 80..<whole.count)
        for length in lengths {
            let loaded = try loads(Array(whole[..<length]), "\(length) bytes")
            #expect(!loaded, "\(file) cut to \(length) of \(whole.count) bytes was taken for whole")
        }
    }

    @Test(arguments: files)
    func a_file_with_a_flipped_byte_loads_or_is_refused(_ file: String) throws {
        let whole = try bytes(file)
        var random = SplitMix64(seed: UInt64(whole.count))
        var loaded = 0, refused = 0
        for _ in 0..<1_500 {
            var damaged = whole
            let at = Int.random(in: 0..<whole.count, using: &random)
            damaged[at] ^= UInt8.random(in: 1...255, using: &random)
            if try loads(damaged, "byte \(at) is \(damaged[at])") { loaded += 1 } else { refused += 1 }
        }
        // In the raw values nothing can be noticed, in the description something must be.
        #expect(loaded > 20 && refused > 20, "\(loaded) loaded, \(refused) refused")
    }

    @Test(arguments: files)
    func a_file_with_bytes_moved_about_loads_or_is_refused(_ file: String) throws {
        let whole = try bytes(file)
        var random = SplitMix64(seed: 1 + UInt64(whole.count))
        var refused = 0
        for round in 0..<600 {
            var damaged = whole
            let start = Int.random(in: 0..<damaged.count - 16, using: &random)
            let range = start..<start + Int.random(in: 1...16, using: &random)
            let from = Int.random(in: 0..<damaged.count - 16, using: &random)
            let piece = Array(whole[from..<from + Int.random(in: 1...16, using: &random)])
            switch round % 3 {
            case 0: damaged.removeSubrange(range)
            case 1: damaged.insert(contentsOf: piece, at: start)
            default: damaged.replaceSubrange(range, with: piece)
            }
            if try !loads(damaged, "round \(round): \(range) from \(from)") { refused += 1 }
        }
        #expect(refused > 100, "\(refused)")
    }

    /// Every field of a header set to its extremes: lengths, offsets, counts.
    @Test(arguments: files)
    func a_file_with_an_extreme_number_anywhere_loads_or_is_refused(_ file: String) throws {
        let whole = try bytes(file)
        let extremes: [[UInt8]] = [
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
            [0xff, 0xff, 0xff, 0x7f], [0, 0, 0, 0x80], [0xff, 0xff],
        ]
        var refused = 0
        for (index, extreme) in extremes.enumerated() {
            for start in stride(from: index, to: whole.count - 8, by: 5) {
                var damaged = whole
                damaged.replaceSubrange(start..<start + extreme.count, with: extreme)
                if try !loads(damaged, "\(extreme) at \(start)") { refused += 1 }
            }
        }
        #expect(refused > 100, "\(refused)")
    }
}
