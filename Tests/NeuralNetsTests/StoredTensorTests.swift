import Foundation
import NeuralNets
import Testing

/// Every element type of a file, as the numbers it stands for.
@Suite struct StoredTensorTests {
    private func tensor<T>(_ dtype: String, _ elements: [T]) throws -> StoredTensor {
        let body = elements.withUnsafeBytes { Data($0) }
        let header = #"{"x":{"dtype":"\#(dtype)","shape":[\#(elements.count)],"data_offsets":[0,\#(body.count)]}}"#
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
        let file = try WeightFile.parse(length + Data(header.utf8) + body, name: "file")
        return try #require(file.tensors["x"])
    }

    #if !(os(macOS) && arch(x86_64))
        @Test func every_half_precision_pattern_is_decoded() throws {
            let patterns = Array(UInt16.min...UInt16.max)
            let values = try tensor("F16", patterns).floats()
            for (bits, value) in zip(patterns, values) {
                let want = Float(Float16(bitPattern: bits))
                #expect(want.isNaN ? value.isNaN : value.bitPattern == want.bitPattern, "pattern \(bits)")
            }
        }
    #endif

    @Test func brain_floats_are_the_upper_half_of_floats() throws {
        let values: [Float] = [0, -0.0, 1, -2.5, 0x1p-126, 0x1p-133, 0x1.fep127, .infinity]
        let bits = values.map { UInt16($0.bitPattern >> 16) }
        #expect(try tensor("BF16", bits).floats().map(\.bitPattern) == values.map(\.bitPattern))
    }

    @Test func integers_keep_their_sign_and_width() throws {
        #expect(try tensor("I8", [-128, -1, 127] as [Int8]).integers() == [-128, -1, 127])
        #expect(try tensor("U8", [0, 200, 255] as [UInt8]).integers() == [0, 200, 255])
        #expect(try tensor("BOOL", [1, 0, 1] as [UInt8]).integers() == [1, 0, 1])
        #expect(try tensor("I16", [.min, -2, .max] as [Int16]).integers() == [-32768, -2, 32767])
        #expect(try tensor("I32", [.min, -3, .max] as [Int32]).integers() == [-2_147_483_648, -3, 2_147_483_647])
        #expect(try tensor("I64", [.min, -4, .max] as [Int64]).integers() == [.min, -4, .max])
        #expect(try tensor("I32", [-3, 1 << 24] as [Int32]).floats() == [-3, 16_777_216])
    }

    @Test func doubles_keep_their_precision() throws {
        let values: [Double] = [1 / 3, -1e300, 0x1p-1074]
        let stored = try tensor("F64", values)
        #expect(stored.doubles() == values && stored.floats() == [1 / 3, -.infinity, 0])
    }

    @Test func numbers_that_are_no_integer_become_one_or_none() throws {
        let stored = try tensor("F64", [2.9, -2.9, 1e300, .nan, -.infinity] as [Double])
        #expect(stored.integers() == [2, -2, 0, 0, 0])
    }
}
