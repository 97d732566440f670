import DetectionCore
import Foundation
import InspectionDomain
import LedgerStore
import Logging
import Synchronization

/// A drift monitor per line and calibration, fed with every frame called normal. A detected drift is recorded in the
/// ledger together with its alert, once; a new calibration starts a new monitor.
final class DriftWatch: Sendable {
    private struct Key: Hashable {
        let line, calibration: String
        /// A changed false-alarm rate moves the threshold, and with it the law of what is called normal.
        let k: Int
    }

    private let monitors = Mutex<[Key: DriftMonitor]>([:])
    private let ledger: Ledger
    private let logger: Logger
    private let incidents: IncidentLog
    /// Rung when an alert is in the outbox.
    private let alertBell: Bell

    init(ledger: Ledger, logger: Logger, incidents: IncidentLog, alertBell: Bell) {
        (self.ledger, self.logger, self.incidents, self.alertBell) = (ledger, logger, incidents, alertBell)
    }

    /// Takes a recorded inspection. The life of the frame does not depend on it: if the ledger fails now, the next
    /// frame makes up for it.
    func watch(_ inspection: Inspection, _ calibration: Calibration) {
        let cause = Cause(.retrying, line: inspection.line, "drift")
        do {
            if try observe(inspection, calibration) { alertBell.ring() }
            incidents.ended(cause)
        } catch {
            incidents.occurred(
                cause, "line \(inspection.line): drift: \(error), retrying with the next frame", unit: "frame")
        }
    }

    /// - Returns: whether there is an alert to deliver now.
    /// - Throws: `LedgerError`.
    private func observe(_ inspection: Inspection, _ calibration: Calibration) throws -> Bool {
        guard inspection.verdict == .normal, let score = inspection.imageScore else { return false }
        let key = Key(line: inspection.line, calibration: calibration.id, k: calibration.k)
        let isKnown = monitors.withLock { $0[key] != nil }
        let found: DriftMonitor.Drift?
        if isKnown {
            found = monitors.withLock { $0[key]?.observe(score, at: inspection.createdAt) }
        } else {
            found = try begin(key, calibration)
        }
        guard let found else { return false }
        do {
            return try expire(inspection.line, calibration, found)
        } catch {
            // The next frame finds it again, from the ledger.
            monitors.withLock { $0[key] = nil }
            throw error
        }
    }

    /// A restart resumes where the last process was: the latest frames of this calibration are read from the ledger,
    /// the current one among them.
    private func begin(_ key: Key, _ calibration: Calibration) throws -> DriftMonitor.Drift? {
        var monitor = DriftMonitor(calibration)
        var found: DriftMonitor.Drift?
        if try ledger.expiry(line: key.line, calibration: key.calibration) == nil {
            let recent = try ledger.normalScores(
                line: key.line, calibration: key.calibration, since: calibration.createdAt,
                last: DriftMonitor.epochLength)
            for frame in recent where calibration.verdict(frame.score) == .normal {
                found = found ?? monitor.observe(frame.score, at: frame.date)
            }
        } else {
            monitor.finish()
        }
        monitors.withLock { monitors in
            monitors = monitors.filter { $0.key.line != key.line }
            monitors[key] = monitor
        }
        return found
    }

    private func expire(_ line: String, _ calibration: Calibration, _ drift: DriftMonitor.Drift) throws -> Bool {
        let now = Date()
        let expiry = CalibrationExpiry(
            line: line, calibration: calibration.id, since: drift.since, noticedAt: now,
            direction: drift.direction.rawValue)
        let message = expiry.message(model: calibration.modelName)
        let alert = Alert(
            id: "calibration-\(line)-\(calibration.id)", kind: .calibrationExpired, line: line, createdAt: now,
            message: message, imageThreshold: calibration.imageThreshold)
        guard try ledger.record(expiry, alert: alert) else { return false }
        logger.event(.calibrationExpired, .warning, message, fields: [LogField.line: line])
        return true
    }
}
