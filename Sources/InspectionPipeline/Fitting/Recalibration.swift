import DetectionCore
import Foundation
import InspectionDomain

/// New thresholds for a model in service, from newer flawless images.
package struct Recalibration: Sendable {
    package let model: LoadedModel
    package let rule: CalibrationRule
    package let calibration: Calibration

    /// - Parameters:
    ///   - scores: image score and map maximum of each flawless part (`PartScores`).
    ///   - images: the number of images behind the scores.
    ///   - source: the origin of the images, in words.
    /// - Throws: `CalibrationRule.TooFewImages`.
    package init(
        model: LoadedModel, scores: [(image: Double, mapMaximum: Double)], images: Int? = nil, source: String,
        rule: CalibrationRule
    ) throws {
        self.model = model
        self.rule = rule
        let now = Date().toTheMillisecond
        calibration = try Calibration(
            modelName: model.record.name, modelVersion: model.record.version, source: source, scores: scores,
            images: images, rule: rule,
            id: StoredCalibration.newID(at: now), createdAt: now)
    }

    /// The number of frames with these scores that would get another verdict.
    /// - Returns: newly anomalous, and newly normal.
    package func changes(of scores: [Double], from old: Calibration) -> (alarms: Int, cleared: Int) {
        let before = scores.map { $0 > old.imageThreshold }
        let after = scores.map { $0 > calibration.imageThreshold }
        return (zip(before, after).count { !$0 && $1 }, zip(before, after).count { $0 && !$1 })
    }
}
