import Foundation
import NeuralNets
import TestSupport
import Testing

/// Zips and safetensors files that contradict themselves or are none.
@Suite struct WeightRefusalTests {
    /// The error that reading ends in.
    private func refusal(_ data: Data) throws -> WeightError {
        let error = #expect(throws: WeightError.self) { try WeightFile.parse(data, name: "file") }
        return try #require(error)
    }

    private func safetensors(_ header: String, body: Int = 16) -> Data {
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8) + Data(count: body)
    }

    // MARK: Zips

    @Test func a_zip_that_torch_did_not_write_is_refused() throws {
        let text = try refusal(TorchFixture.zip([("readme.txt", Data("hello".utf8))]))
        #expect(text.code == .unsupported && text.message.contains("data.pkl"), "\(text)")
        let packed = try refusal(TorchFixture.zip([("a/data.pkl", Data("hello".utf8))], method: 8))
        #expect(packed.code == .unsupported && packed.message.contains("a/data.pkl in the zip is compressed"))
        let secret = try refusal(TorchFixture.zip([("a/data.pkl", Data("hello".utf8))], flags: 1))
        #expect(secret.code == .unsupported && secret.message.contains("a/data.pkl in the zip is encrypted"))
        let big = try refusal(TorchFixture.zip([("a/data.pkl", Data("N.".utf8)), ("a/byteorder", Data("big".utf8))]))
        #expect(big.code == .unsupported && big.message.contains("big-endian"))
    }

    // MARK: Safetensors

    @Test(
        arguments: [
            (
                #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
                .corrupt, "tensors a and b overlap"
            ),
            (#"{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#, .unsupported, "tensor a: type F8_E4M3"),
            (
                #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}}"#, .truncated,
                "ends at byte 24, the file holds 16"
            ),
            (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, .corrupt, "takes 12 bytes"),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, .corrupt, "data_offsets are [8, 0]"),
            (#"{"a":{"dtype":"F32","shape":[-2,-1],"data_offsets":[0,8]}}"#, .corrupt, "tensor a"),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, .corrupt, "tensor a"),
            (#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, .corrupt, "overflows"),
            (#"{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}"#, .corrupt, "overflows"),
            (#"{"a":{"dtype":"F32","shape":[1e300],"data_offsets":[0,8]}}"#, .corrupt, "tensor a"),
            (#"{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}"#, .corrupt, "tensor a"),
            (#"{"a":{"dtype":"F32","shape":"2","data_offsets":[0,8]}}"#, .corrupt, "tensor a"),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, .corrupt, "tensor a"),
            (#"{"a":7}"#, .corrupt, "tensor a"),
            (#"{"__metadata__":{"mean":[0.5]}}"#, .corrupt, "__metadata__"),
            (#"["a"]"#, .corrupt, "not a JSON object"),
            (#"{"a":"#, .corrupt, "not a JSON object"),
        ] as [(String, WeightError.Code, String)])
    func a_safetensors_header_that_contradicts_itself(header: String, code: WeightError.Code, words: String) throws {
        let error = try refusal(safetensors(header))
        #expect(error.code == code && error.message.contains(words), "\(error.code): \(error)")
    }

    @Test func a_deeply_nested_header_is_refused() throws {
        #expect(try refusal(safetensors(String(repeating: "[", count: 1_000_000))).code == .corrupt)
        #expect(try refusal(safetensors(String(repeating: #"{"a":"#, count: 200_000))).code == .corrupt)
    }

    @Test func a_header_of_many_megabytes_is_refused() throws {
        let error = try refusal(safetensors("{}" + String(repeating: " ", count: 33 << 20)))
        #expect(error.code == .refused && error.message.contains("33554432"), "\(error)")
    }

    @Test func an_image_or_a_text_is_not_a_weight_file() throws {
        for bytes in [Data([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]), Data("version https".utf8)] {
            let error = try refusal(bytes)
            #expect(error.code == .truncated && error.message.contains("is no safetensors or PyTorch file"), "\(error)")
        }
    }
}
