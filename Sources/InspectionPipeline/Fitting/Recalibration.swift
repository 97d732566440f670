import DetectionCore
import Foundation
import InspectionDomain

/// New thresholds for a model in service, from newer flawless pictures.
package struct Recalibration: Sendable {
    package let model: LoadedModel
    package let rule: CalibrationRule
    package let calibration: Calibration

    /// - Parameters:
    ///   - scores: image score and map maximum of each flawless part (`PartScores`).
    ///   - images: how many images they are of.
    ///   - source: where they came from, in words.
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

    /// How many frames with these scores would get another verdict.
    /// - Returns: newly anomalous, and newly normal.
    package func changes(of scores: [Double], from old: Calibration) -> (alarms: Int, cleared: Int) {
        let before = scores.map { $0 > old.imageThreshold }
        let after = scores.map { $0 > calibration.imageThreshold }
        return (zip(before, after).count { !$0 && $1 }, zip(before, after).count { $0 && !$1 })
    }
}
