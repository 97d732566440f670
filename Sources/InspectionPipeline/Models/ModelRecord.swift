import DetectionCore
import Foundation
import InspectionDomain

/// `model.json`: the record of a model's version, beside its `model.safetensors`.
package struct ModelRecord: Codable, Sendable, Equatable {
    package static let currentSchema = 1

    package var schema = currentSchema
    package var name: String
    /// From 1, never used twice.
    package var version: Int
    package var method: String
    package var backbone: String
    /// The SHA-256 of `model.safetensors`, lower-case hex.
    package var sha256: String
    package var createdAt: Date
    package var inputWidth: Int
    package var inputHeight: Int
    /// Folders the normal images came from.
    package var sources: [String]
    /// Number of images it was fitted on.
    package var images: Int
    package var seed: UInt64
    /// The common properties of those images; nil in records of older programs.
    package var fittedImages: FittedImages?

    package init(
        name: String, version: Int = 0, method: String, backbone: String, sha256: String = "", createdAt: Date,
        inputWidth: Int, inputHeight: Int, sources: [String], images: Int, seed: UInt64
    ) {
        self.name = name
        self.version = version
        self.method = method
        self.backbone = backbone
        self.sha256 = sha256
        self.createdAt = createdAt
        self.inputWidth = inputWidth
        self.inputHeight = inputHeight
        self.sources = sources
        self.images = images
        self.seed = seed
    }

    package var identity: ModelIdentity {
        ModelIdentity(name: name, version: version, method: method, backbone: backbone, sha256: sha256)
    }

    enum CodingKeys: String, CodingKey {
        case schema, name, version, method, backbone, sha256
        case createdAt = "created_at"
        case inputWidth = "input_width"
        case inputHeight = "input_height"
        case sources, images, seed
        case fittedImages = "fitted_images"
    }
}

/// `active.json`: the version and the calibration that decide, and those that decided before.
///
/// The file is replaced whole; a running daemon checks its time stamp before every frame.
package struct ActiveModel: Codable, Sendable, Equatable {
    package static let currentSchema = 1

    /// One choice of a version and a calibration.
    package struct Choice: Codable, Sendable, Equatable {
        package var version: Int
        package var calibration: String
        package var since: Date

        package init(version: Int, calibration: String, since: Date) {
            self.version = version
            self.calibration = calibration
            self.since = since
        }
    }

    package var schema = currentSchema
    /// Counts the changes.
    package var revision: Int
    package var current: Choice
    /// Earlier choices, the latest last.
    package var history: [Choice]

    package init(current: Choice) {
        revision = 1
        self.current = current
        history = []
    }

    /// Makes `choice` the current one and remembers the one before.
    mutating func choose(_ choice: Choice) {
        history.append(current)
        current = choice
        revision += 1
    }

    /// Returns to the latest earlier choice that meets the condition; false when there is none.
    mutating func goBack(where condition: (Choice) throws -> Bool) rethrows -> Bool {
        guard let index = try history.lastIndex(where: condition) else { return false }
        current = history[index]
        history.removeSubrange(index...)
        revision += 1
        return true
    }
}
