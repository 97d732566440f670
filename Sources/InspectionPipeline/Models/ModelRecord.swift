import DetectionCore
import Foundation
import InspectionDomain

/// `model.json`: what a version of a model is, beside its `model.safetensors`.
public struct ModelRecord: Codable, Sendable, Equatable {
    public static let currentSchema = 1

    public var schema = currentSchema
    public var name: String
    /// From 1, never used twice.
    public var version: Int
    public var method: String
    public var backbone: String
    /// Of `model.safetensors`, lower-case hex.
    public var sha256: String
    public var createdAt: Date
    public var inputWidth: Int
    public var inputHeight: Int
    /// Folders the normal images came from.
    public var sources: [String]
    /// Number of images it was fitted on.
    public var images: Int
    public var seed: UInt64
    /// What those images have in common; nil in records of older programs.
    public var fittedImages: FittedImages?

    public init(
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

    public var identity: ModelIdentity {
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

/// `active.json`: which version and which calibration decide, and what decided before.
///
/// The file is replaced whole; a running daemon looks at its time stamp before every frame.
public struct ActiveModel: Codable, Sendable, Equatable {
    public static let currentSchema = 1

    /// One choice of a version and a calibration.
    public struct Choice: Codable, Sendable, Equatable {
        public var version: Int
        public var calibration: String
        public var since: Date

        public init(version: Int, calibration: String, since: Date) {
            self.version = version
            self.calibration = calibration
            self.since = since
        }
    }

    public var schema = currentSchema
    /// Counts the changes.
    public var revision: Int
    public var current: Choice
    /// Earlier choices, the latest last.
    public var history: [Choice]

    public init(current: Choice) {
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

    /// Goes back to the latest earlier choice that fulfils the condition; false when there is none.
    mutating func goBack(where condition: (Choice) throws -> Bool) rethrows -> Bool {
        guard let index = try history.lastIndex(where: condition) else { return false }
        current = history[index]
        history.removeSubrange(index...)
        revision += 1
        return true
    }
}
