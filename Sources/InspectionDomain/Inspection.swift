import Foundation

/// The durable record of one frame: `result.json`, schema 1. Numbers are raw, never clamped.
///
/// The score, threshold and calibration fields are absent when `verdict` is `error`.
package struct Inspection: Codable, Sendable, Equatable {
    package static let currentSchema = 1

    package var schema: Int
    /// Identity of the result: given when the frame is claimed, and kept through every attempt; an arrival has one
    /// record.
    package var resultID: String
    package var line: String
    package var createdAt: Date
    package var image: ImageInfo
    package var verdict: Verdict
    package var imageScore: Double?
    package var imageThreshold: Double?
    /// `imageScore / imageThreshold`: 1 is the limit.
    package var imageScoreNormalized: Double?
    /// `(1 + #{calibration scores ≥ score}) / (n + 1)`.
    package var pValue: Double?
    package var pixelThreshold: Double?
    /// The parts of the score, for methods that distinguish them.
    package var evidence: Evidence?
    /// Present, and true, for an anomalous frame without a region: the image as a whole is unusual.
    package var isWholeImage: Bool?
    package var regions: [Region]
    package var model: ModelIdentity?
    package var calibration: CalibrationIdentity?
    /// The recognised product, if a model distinguishes products.
    package var product: RecognizedProduct?
    /// The verdict of the line's gate, where it has one.
    package var gate: GateResult?
    package var timingMilliseconds: StageTimings
    package var files: ResultFiles
    /// Present with the file of the anomaly map.
    package var map: MapPlacement?
    package var error: InspectionError?
    /// An earlier record of the same frame, which was inspected before its writer had finished it.
    package var supersedes: String?
    /// The later record of the same frame: this one no longer counts.
    package var supersededBy: String?
    /// Nil when there are none, so that the key is absent then, as it is in files of before it existed.
    private var optionalRemarks: [String]?

    /// Notes about a frame that was inspected all the same: an untidy file, transparency, an unusual size.
    package var remarks: [String] {
        get { optionalRemarks ?? [] }
        set { optionalRemarks = newValue.isEmpty ? nil : newValue }
    }

    package init(
        resultID: String, line: String, createdAt: Date, image: ImageInfo, verdict: Verdict, imageScore: Double? = nil,
        imageThreshold: Double? = nil, imageScoreNormalized: Double? = nil, pValue: Double? = nil,
        pixelThreshold: Double? = nil, evidence: Evidence? = nil, isWholeImage: Bool? = nil, regions: [Region] = [],
        model: ModelIdentity? = nil,
        calibration: CalibrationIdentity? = nil, product: RecognizedProduct? = nil, gate: GateResult? = nil,
        timingMilliseconds: StageTimings = StageTimings(),
        files: ResultFiles = ResultFiles(), error: InspectionError? = nil, remarks: [String] = []
    ) {
        self.schema = Self.currentSchema
        self.resultID = resultID
        self.line = line
        self.createdAt = createdAt
        self.image = image
        self.verdict = verdict
        self.imageScore = imageScore
        self.imageThreshold = imageThreshold
        self.imageScoreNormalized = imageScoreNormalized
        self.pValue = pValue
        self.pixelThreshold = pixelThreshold
        self.evidence = evidence
        self.isWholeImage = isWholeImage
        self.regions = regions
        self.model = model
        self.calibration = calibration
        self.product = product
        self.gate = gate
        self.timingMilliseconds = timingMilliseconds
        self.files = files
        self.error = error
        self.remarks = remarks
    }

    enum CodingKeys: String, CodingKey {
        case schema
        case resultID = "result_id"
        case line
        case createdAt = "created_at"
        case image, verdict
        case imageScore = "image_score"
        case imageThreshold = "image_threshold"
        case imageScoreNormalized = "image_score_normalized"
        case pValue = "p_value"
        case pixelThreshold = "pixel_threshold"
        case evidence
        case isWholeImage = "whole_image"
        case regions, model, calibration, product, gate
        case timingMilliseconds = "timing_ms"
        case files, map, error, supersedes
        case supersededBy = "superseded_by"
        case optionalRemarks = "remarks"
    }
}

/// The frame of a result.
package struct ImageInfo: Codable, Sendable, Equatable {
    /// Path of the frame as it arrived in the watched folder.
    package var path: String
    /// Lower-case hex SHA-256 of the file's bytes; absent when the file could not be read.
    package var sha256: String?
    package var width: Int?
    package var height: Int?
    package var channels: Int?
    package var bitDepth: Int?
    /// `[width, height]` that the model was fitted on, when the frame has another size.
    package var fittedSize: [Int]?

    package init(
        path: String, sha256: String? = nil, width: Int? = nil, height: Int? = nil, channels: Int? = nil,
        bitDepth: Int? = nil
    ) {
        self.path = path
        self.sha256 = sha256
        self.width = width
        self.height = height
        self.channels = channels
        self.bitDepth = bitDepth
    }

    enum CodingKeys: String, CodingKey {
        case path, sha256, width, height, channels
        case bitDepth = "bit_depth"
        case fittedSize = "fitted_size"
    }
}

/// The model that scored a frame.
package struct ModelIdentity: Codable, Sendable, Equatable {
    package var name: String
    package var version: Int
    /// `gaussian`, `grad`, …
    package var method: String
    package var backbone: String
    /// The SHA-256 of the model file.
    package var sha256: String

    package init(name: String, version: Int, method: String, backbone: String, sha256: String) {
        self.name = name
        self.version = version
        self.method = method
        self.backbone = backbone
        self.sha256 = sha256
    }
}

/// The calibration that decided, and its promise.
package struct CalibrationIdentity: Codable, Sendable, Equatable {
    package var id: String
    /// Number of calibration images.
    package var n: Int
    package var falseAlarmRate: Double
    /// Present when the high-confidence rule was used.
    package var confidence: Double?
    /// `order-statistic` or `order-statistic-with-confidence`.
    package var rule: String
    /// The threshold is the k-th smallest calibration score, 1-based.
    package var k: Int

    package init(id: String, n: Int, falseAlarmRate: Double, confidence: Double?, rule: String, k: Int) {
        self.id = id
        self.n = n
        self.falseAlarmRate = falseAlarmRate
        self.confidence = confidence
        self.rule = rule
        self.k = k
    }

    enum CodingKeys: String, CodingKey {
        case id, n
        case falseAlarmRate = "false_alarm_rate"
        case confidence, rule, k
    }

    /// `confidence` is written as `null` when absent, so that readers see the key either way.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(n, forKey: .n)
        try container.encode(falseAlarmRate, forKey: .falseAlarmRate)
        try container.encode(confidence, forKey: .confidence)
        try container.encode(rule, forKey: .rule)
        try container.encode(k, forKey: .k)
    }
}

/// Files beside `result.json`, by name; absent ones were not written.
package struct ResultFiles: Codable, Sendable, Equatable {
    package var overlay: String?
    package var anomalyMap: String?
    package var mask: String?

    package init(overlay: String? = nil, anomalyMap: String? = nil, mask: String? = nil) {
        self.overlay = overlay
        self.anomalyMap = anomalyMap
        self.mask = mask
    }

    enum CodingKeys: String, CodingKey {
        case overlay
        case anomalyMap = "anomaly_map"
        case mask
    }
}

/// The reason why a frame has no score.
package struct InspectionError: Codable, Sendable, Equatable, Error {
    /// A stable word: `truncated`, `corrupt`, `unsupported`, `too-large`, `empty`, `permission`, `crashed-twice`,
    /// `killed-from-outside`, `not-finite`, `internal`.
    package var code: String
    package var message: String

    /// A score, a map or a number of the result is not finite.
    package static let notFinite = "not-finite"

    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}
