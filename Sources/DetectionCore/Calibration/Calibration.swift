import Foundation
import InspectionDomain

/// Thresholds for one model on one line, with the scores that they follow from. Versioned, never changed once written.
package struct Calibration: Codable, Sendable, Equatable {
    package static let currentSchema = 1

    package var schema: Int
    package let id: String
    package let createdAt: Date
    package private(set) var modelName: String
    package private(set) var modelVersion: Int
    /// The source of the images: a folder, a part of the fitting folder, history.
    package let source: String
    /// The number of images behind the scores, if near-duplicates count once; nil if each image has its score.
    package let images: Int?
    /// Whether each image has its score under a model that was fitted without its part, while the model in service was
    /// fitted on all of them.
    package let isCrossConformal: Bool
    /// Image scores of the calibration images, ascending; one per part, the largest.
    package let imageScores: [Double]
    /// Maxima of their smoothed maps, ascending; one per part, the largest.
    package let mapMaxima: [Double]
    /// The wanted false-alarm rate α.
    package let falseAlarmRate: Double
    /// Set if the high-confidence rule decides.
    package let confidence: Double?
    /// 1-based index of the thresholds in the ascending scores.
    package let k: Int
    /// A frame is anomalous if its score is strictly above.
    package let imageThreshold: Double
    /// A pixel is anomalous if its smoothed map value is strictly above: at most α of normal images show any region.
    package let pixelThreshold: Double

    /// - Parameters:
    ///   - scores: of held-out normal images: image score and map maximum of each part (`PartScores`).
    ///   - images: the number of images behind the scores, if there are more.
    /// - Throws: `CalibrationRule.TooFewImages`, `ModelError` if a score is not finite or a threshold would be 0.
    package init(
        modelName: String, modelVersion: Int, source: String, scores: [(image: Double, mapMaximum: Double)],
        images: Int? = nil, rule: CalibrationRule, isCrossConformal: Bool = false,
        id: String = UUID().uuidString.lowercased(), createdAt: Date = Date()
    ) throws {
        guard scores.allSatisfy({ $0.image.isFinite && $0.mapMaximum.isFinite }) else {
            throw ModelError(
                "a calibration image has no finite score: the model is damaged or cannot score the image; fit again"
            )
        }
        k = try rule.k(ofParts: scores.count, images: images ?? scores.count)
        self.images = images == scores.count ? nil : images
        self.isCrossConformal = isCrossConformal
        schema = Self.currentSchema
        self.id = id
        self.createdAt = createdAt
        self.modelName = modelName
        self.modelVersion = modelVersion
        self.source = source
        imageScores = scores.map(\.image).sorted()
        mapMaxima = scores.map(\.mapMaximum).sorted()
        falseAlarmRate = rule.rate
        confidence = rule.confidence
        imageThreshold = imageScores[k - 1]
        pixelThreshold = mapMaxima[k - 1]
        if let fault = thresholdFault {
            throw ModelError(
                "the \(fault), as for images without contrast (all black, a covered lens, alpha 0); check the calibration "
                    + "images with `inspectctl dataset check DIR`, and calibrate on images that show the parts")
        }
    }

    /// The fault of unusable thresholds; nil for none. Zero is not a threshold: any score is infinitely far above it.
    private var thresholdFault: String? {
        for (name, value) in [("image threshold", imageThreshold), ("pixel threshold", pixelThreshold)]
        where !value.isFinite || value == 0 {
            return "\(name) is \(value)"
        }
        return nil
    }

    enum CodingKeys: String, CodingKey {
        case schema, id, source, images, confidence, k
        case isCrossConformal = "cross_conformal"
        case createdAt = "created_at"
        case modelName = "model_name"
        case modelVersion = "model_version"
        case imageScores = "image_scores"
        case mapMaxima = "map_maxima"
        case falseAlarmRate = "false_alarm_rate"
        case imageThreshold = "image_threshold"
        case pixelThreshold = "pixel_threshold"
    }

    /// Reads a stored calibration; refuses one whose thresholds do not follow from its scores.
    /// - Throws: `ModelError`, `DecodingError`.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        schema = try fields.decode(Int.self, forKey: .schema)
        guard schema <= Self.currentSchema else {
            throw ModelError(
                "the calibration has schema \(schema), this version reads at most \(Self.currentSchema); "
                    + "upgrade inspectd or run `inspectctl calibrate` again")
        }
        id = try fields.decode(String.self, forKey: .id)
        createdAt = try fields.decode(Date.self, forKey: .createdAt)
        modelName = try fields.decode(String.self, forKey: .modelName)
        modelVersion = try fields.decode(Int.self, forKey: .modelVersion)
        source = try fields.decode(String.self, forKey: .source)
        images = try fields.decodeIfPresent(Int.self, forKey: .images)
        isCrossConformal = try fields.decodeIfPresent(Bool.self, forKey: .isCrossConformal) ?? false
        imageScores = try fields.decode([Double].self, forKey: .imageScores)
        mapMaxima = try fields.decode([Double].self, forKey: .mapMaxima)
        falseAlarmRate = try fields.decode(Double.self, forKey: .falseAlarmRate)
        confidence = try fields.decodeIfPresent(Double.self, forKey: .confidence)
        k = try fields.decode(Int.self, forKey: .k)
        imageThreshold = try fields.decode(Double.self, forKey: .imageThreshold)
        pixelThreshold = try fields.decode(Double.self, forKey: .pixelThreshold)
        guard falseAlarmRate > 0, falseAlarmRate < 1, confidence.map({ $0 > 0 && $0 < 1 }) ?? true,
            imageScores.count == mapMaxima.count, k >= 1, k <= imageScores.count,
            imageScores[k - 1] == imageThreshold, mapMaxima[k - 1] == pixelThreshold,
            zip(imageScores, imageScores.dropFirst()).allSatisfy({ $0 <= $1 }),
            zip(mapMaxima, mapMaxima.dropFirst()).allSatisfy({ $0 <= $1 })
        else {
            throw ModelError(
                "calibration \(id) is damaged: its thresholds do not follow from its scores; "
                    + "run `inspectctl calibrate` again, or `inspectctl calibrate --rollback`")
        }
        if let fault = thresholdFault {
            throw ModelError(
                "calibration \(id) is unusable: its \(fault), as for images without contrast; restore the previous one with "
                    + "`inspectctl calibrate --line LINE --rollback`, or fit on images that show the parts")
        }
    }

    package var rule: CalibrationRule { CalibrationRule(rate: falseAlarmRate, confidence: confidence) }

    /// Number of calibration images, or of parts if near-duplicates count once.
    package var n: Int { imageScores.count }

    /// The bound of the expected false-alarm rate: (n + 1 − k)/(n + 1), at most α.
    package var expectedRate: Double { Double(n + 1 - k) / Double(n + 1) }

    package var identity: CalibrationIdentity {
        CalibrationIdentity(
            id: id, n: n, falseAlarmRate: falseAlarmRate, confidence: confidence, rule: rule.name, k: k)
    }

    /// `(1 + #{calibration scores ≥ score}) / (n + 1)`: small is unusual.
    package func pValue(_ score: Double) -> Double {
        Double(1 + n - imageScores.partitioningIndex { $0 >= score }) / Double(n + 1)
    }

    package func verdict(_ score: Double) -> Verdict { score > imageThreshold ? .anomalous : .normal }

    /// The thresholds under another rule, from the same scores; nil if there are too few.
    package func thresholds(under rule: CalibrationRule) -> (k: Int, image: Double, pixel: Double)? {
        guard let k = try? rule.k(of: n) else { return nil }
        return (k, imageScores[k - 1], mapMaxima[k - 1])
    }
}

extension Array {
    /// First index at which a predicate that turns from false to true is true.
    func partitioningIndex(_ isSecond: (Element) -> Bool) -> Int {
        var low = 0, high = count
        while low < high {
            let middle = (low + high) / 2
            if isSecond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension Calibration {
    /// The same calibration for the same model under another name or number, after a move to another store.
    package func of(model name: String, version: Int) -> Calibration {
        var copy = self
        (copy.modelName, copy.modelVersion) = (name, version)
        return copy
    }
}
