import Foundation

/// The map from pixels in 0…1 to a network's input: `(pixel − mean) / std`, per channel.
package struct Normalization: Sendable, Equatable, Codable {
    package var mean: [Float]
    package var std: [Float]

    /// ImageNet's, which most published weights expect.
    package static let imageNet = Normalization(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])

    package init(mean: [Float], std: [Float]) {
        self.mean = mean
        self.std = std
    }

    /// From a weight file's metadata (`mean`, `std`: three comma-separated numbers), else ImageNet's.
    init(metadata: [String: String], file: String) throws {
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
        self.init(
            mean: try numbers("mean") ?? Self.imageNet.mean, std: try numbers("std") ?? Self.imageNet.std)
    }
}
