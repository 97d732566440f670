import Foundation

/// One file under `alerts/new`: complete when it appears, delivered at least once, the same `id` every time.
package struct Alert: Codable, Sendable, Equatable {
    package enum Kind: String, Codable, Sendable {
        case anomaly
        case unreadable
        /// The line's gate did not recognise the product that the line expects.
        case wrongProduct = "wrong-product"
        case calibrationExpired = "calibration-expired"
    }

    package static let currentSchema = 1

    package var schema: Int
    /// Idempotent: equals the result's id for alerts about a frame.
    package var id: String
    package var kind: Kind
    package var line: String
    package var createdAt: Date
    /// The frame's verdict; absent for alerts that concern no frame.
    package var verdict: Verdict?
    package var message: String
    package var imageScore: Double?
    package var imageThreshold: Double?
    /// Absolute path of the result's folder.
    package var resultPath: String?
    /// Path of the frame as it arrived.
    package var imagePath: String?

    package init(
        id: String, kind: Kind, line: String, createdAt: Date, verdict: Verdict? = nil, message: String,
        imageScore: Double? = nil, imageThreshold: Double? = nil, resultPath: String? = nil, imagePath: String? = nil
    ) {
        self.schema = Self.currentSchema
        self.id = id
        self.kind = kind
        self.line = line
        self.createdAt = createdAt
        self.verdict = verdict
        self.message = message
        self.imageScore = imageScore
        self.imageThreshold = imageThreshold
        self.resultPath = resultPath
        self.imagePath = imagePath
    }

    enum CodingKeys: String, CodingKey {
        case schema, id, kind, line
        case createdAt = "created_at"
        case verdict, message
        case imageScore = "image_score"
        case imageThreshold = "image_threshold"
        case resultPath = "result_path"
        case imagePath = "image_path"
    }
}
