import DetectionCore
import Foundation
import InspectionDomain

/// `calibrations/<id>.json`: a calibration, and whether its own rule or the line's decides.
///
/// The thresholds follow from the stored scores. Usually the line's configuration names the rate, so that changing it
/// there and reloading is enough. A rate asked for when calibrating (`inspectctl calibrate --false-alarm-rate`) wins
/// over the line's until the next calibration.
package struct StoredCalibration: Codable, Sendable, Equatable {
    package static let currentSchema = 1

    package var schema = currentSchema
    /// Whether the calibration's own rule wins over the line's.
    package var overridesLine: Bool
    package var calibration: Calibration

    package var id: String { calibration.id }

    package init(_ calibration: Calibration, overridesLine: Bool) {
        self.overridesLine = overridesLine
        self.calibration = calibration
    }

    enum CodingKeys: String, CodingKey {
        case schema
        case overridesLine = "overrides_line"
        case calibration
    }

    /// The calibration as applied to a line with this rule: the same scores and id, the thresholds of the rule that
    /// decides.
    /// - Throws: `CalibrationRule.TooFewImages` when the scores are too few for the line's rule.
    package func deciding(for rule: CalibrationRule) throws -> Calibration {
        guard !overridesLine, rule != calibration.rule else { return calibration }
        return try calibration.under(rule)
    }

    /// An id that no other calibration has: the time and four random hex digits.
    package static func newID(at date: Date = Date()) -> String {
        let time = DomainJSON.string(from: date).prefix(19).filter { $0 != "-" && $0 != ":" }
        let random = String(UInt16.random(in: .min ... .max), radix: 16)
        return "\(time)Z-" + String(repeating: "0", count: 4 - random.count) + random
    }
}

extension Calibration {
    /// The same scores under another rule.
    /// - Throws: `CalibrationRule.TooFewImages`.
    package func under(_ rule: CalibrationRule) throws -> Calibration {
        try Calibration(
            modelName: modelName, modelVersion: modelVersion, source: source,
            scores: zip(imageScores, mapMaxima).map { (image: $0, mapMaximum: $1) }, images: images, rule: rule,
            isCrossConformal: isCrossConformal, id: id,
            createdAt: createdAt)
    }
}
