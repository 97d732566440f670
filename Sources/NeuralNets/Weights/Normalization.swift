import Foundation

/// The map from pixels in 0…1 to a network's input: `(pixel − mean) / std`, per channel.
package struct Normalization: Sendable, Equatable, Codable {
    package var mean: [Float]
    package var std: [Float]

    /// ImageNet's, which most published weights expect.
    package static let imageNet = Normalization(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])

    /// `(p − 127) / 128` for bytes p: what EfficientNet-Lite was trained with.
    package static let lite = Normalization(
        mean: [Float](repeating: 127.0 / 255, count: 3), std: [Float](repeating: 128.0 / 255, count: 3))

    package init(mean: [Float], std: [Float]) {
        self.mean = mean
        self.std = std
    }

    /// From a weight file's metadata (`mean`, `std`: three comma-separated numbers), else the network's usual one.
    init(metadata: [String: String], default usual: Normalization, file: String) throws {
        func numbers(_ key: String) throws -> [Float]? {
            guard let text = metadata[key] else { return nil }
            let fields = text.split(separator: ",", omittingEmptySubsequences: false)
            let values = fields.compactMap { Float($0.trimmingCharacters(in: .whitespaces)) }
            guard fields.count == 3, values.count == 3, values.allSatisfy(\.isFinite),
                key == "mean" || values.allSatisfy({ $0 > 0 })
            else {
                throw WeightError(
                    .corrupt, "\(file): metadata \(key) must be three numbers such as '0.5,0.5,0.5', got '\(text)'")
            }
            return values
        }
        self.init(mean: try numbers("mean") ?? usual.mean, std: try numbers("std") ?? usual.std)
    }
}
