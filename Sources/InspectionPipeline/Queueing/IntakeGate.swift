import Foundation
import LedgerStore
import LinuxPlatform
import Spooling
import Synchronization

/// Whether frames may be taken. Closed while the spool or the ledger cannot be written (a full disk, a file system that
/// went read-only): the frames wait in their folders then, and one message says so instead of one per frame.
///
/// The workers close it when a write fails; the inbox tries the spool now and then, and opens it again.
final class IntakeGate: Sendable {
    private struct State {
        var reason: String?
        /// Consecutive failed probes.
        var failures = 0
        var nextProbe = ContinuousClock.now
        /// The time at which the spool was found usable although a write had failed.
        var lastUsable: ContinuousClock.Instant?
    }

    private static let stopped = Cause(.intakeStopped, "intake")

    private let state = Mutex(State())
    private let spool: Spool
    private let ledger: Ledger
    private let incidents: IncidentLog
    /// The pause before the spool is probed again; twice and four times as long after failures.
    private let pause: Duration

    init(spool: Spool, ledger: Ledger, incidents: IncidentLog, pause: Duration = .seconds(2)) {
        self.spool = spool
        self.ledger = ledger
        self.incidents = incidents
        self.pause = pause
    }

    /// The reason why intake has stopped; nil while it runs.
    var reason: String? { state.withLock { $0.reason } }

    /// Closes the gate when an error would affect every other frame too, whatever its line.
    ///
    /// - Parameter isClaim: no camera's folder was touched yet, so any error is the spool's.
    /// - Returns: whether the gate is closed.
    @discardableResult
    func note(_ error: any Error, isClaim: Bool = false) -> Bool {
        switch error {
        case let error as SystemError where isClaim || error.isDiskFull || error.isReadOnly:
            // A camera's share may be full or read-only, which affects its line alone.
            if let obstacle = unusable(because: error) { close(obstacle) }
        case let error as LedgerError where error.cannotWrite: close("\(error)")
        default: break
        }
        return reason != nil
    }

    /// The reason why the spool is unusable; nil when it is usable. Checked at most once a second: hundreds of frames
    /// may fail at once.
    private func unusable(because error: SystemError) -> String? {
        let isFresh = state.withLock { $0.lastUsable.map { ContinuousClock.now - $0 < .seconds(1) } ?? false }
        guard !isFresh else { return nil }
        do {
            try spool.probe()
            state.withLock { $0.lastUsable = .now }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Closes the gate for a reason that the inbox resolves itself.
    func stop(because reason: String) { close(reason) }

    private func close(_ reason: String) {
        state.withLock { state in
            state.reason = reason
            state.failures = min(state.failures + 1, 3)
            state.nextProbe = .now + pause * (1 << (state.failures - 1))
            state.lastUsable = nil
        }
        incidents.occurred(
            Self.stopped,
            "intake stopped: \(reason). Frames wait in their folders; intake resumes automatically")
    }

    /// Whether frames may be taken now. Called by the inbox alone.
    /// - Parameter obstacle: a known reason why frames cannot be taken.
    func isOpen(obstacle: String? = nil) -> Bool {
        if let obstacle = obstacle ?? spool.obstacle() {
            close(obstacle)
            return false
        }
        let (isClosed, isDue) = state.withLock { ($0.reason != nil, $0.nextProbe <= .now) }
        guard isClosed else { return true }
        guard isDue else { return false }
        do {
            try spool.probe()
            try ledger.probe()
        } catch {
            close("\(error)")
            return false
        }
        state.withLock { ($0.reason, $0.failures) = (nil, 0) }
        incidents.ended(
            Self.stopped, "intake resumed: \(spool.root) and the ledger can be written again", kind: .intakeResumed)
        return true
    }
}
