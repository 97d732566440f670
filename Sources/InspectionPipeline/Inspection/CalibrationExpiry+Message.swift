import DetectionCore
import InspectionDomain
import LedgerStore

extension CalibrationExpiry {
    /// The time of the change, its meaning and the remedy.
    package func message(model: String) -> String {
        let meaning: String, remedy: String
        let calibrate = "inspectctl calibrate --line \(line)"
        switch DriftMonitor.Drift.Direction(rawValue: direction) {
        case .risen:
            meaning =
                "flawless frames score higher than those it was calibrated on, so more of them than promised are flagged"
            remedy =
                "recalibrate with the false alarms, once each of them has been confirmed as flawless: "
                + "\(calibrate) --from-history 7d --include-alarms --dry-run"
        case .fallen:
            meaning = "frames score lower than those it was calibrated on, so defects may be missed"
            // Alarms among them are likelier than ever to be defects.
            remedy = "recalibrate on frames called normal, without the alarms: \(calibrate) --from-history 7d --dry-run"
        case .spread, nil:
            meaning = "flawless frames score differently from those it was calibrated on"
            remedy = "recalibrate on new images of flawless parts: \(calibrate) --normal DIR --dry-run"
        }
        return
            "line \(line): the calibration of model \(model) has expired, about since \(DomainJSON.string(from: since)): "
            + "\(meaning). Check light, focus, position and parts; if they are correct, \(remedy)"
    }
}
