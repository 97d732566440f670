import Foundation

/// The tensors of one weight file, whatever its container: safetensors, or PyTorch's `.pth` as a zip or as the older
/// stream of pickles. The content decides, not the name. Loading runs nothing and allocates no more than the file
/// holds.
package struct WeightFile: Sendable, Equatable {
    package var tensors: [String: StoredTensor]
    package var metadata: [String: String]

    package init(tensors: [String: StoredTensor], metadata: [String: String] = [:]) {
        self.tensors = tensors
        self.metadata = metadata
    }

    /// - Throws: `WeightError`.
    package static func load(path: String) throws -> WeightFile {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        } catch {
            throw WeightError(
                .unreadable, "cannot read the weight file \(path): \((error as NSError).localizedDescription)")
        }
        return try parse(data, name: path)
    }

    /// - Parameter name: for error messages.
    package static func parse(_ data: Data, name: String) throws -> WeightFile {
        do {
            // First, because the header's length may begin as a zip or a pickle does.
            if Safetensors.looksLikeHeader(data) { return try Safetensors.read(data) }
            if data.starts(with: [0x50, 0x4b]) { return try TorchFile.readZip(data) }
            if TorchFile.looksLikeStream(data) { return try TorchFile.readStream(data) }
            return try Safetensors.read(data)
        } catch let error as WeightError {
            throw WeightError(error.code, "\(name): \(error.message)")
        }
    }

    /// The safetensors form: 8-byte header length, JSON header, tensors in name order.
    package func encodedAsSafetensors() throws -> Data { try Safetensors.write(self) }
}
