import Foundation
import LedgerStore
import LinuxPlatform
import Logging
import Spooling
import Synchronization

/// Whether frames may be taken. Closed while the spool or the ledger cannot be written (a full disk, a file system that went
/// read-only): the frames wait in their folders then, and one message says so instead of one per frame.
///
/// The workers close it when a write fails; the inbox tries the spool now and then, and opens it again.
final class IntakeGate: Sendable {
    private struct State {
        var reason: String?
        var nextProbe = ContinuousClock.now
    }

    private let state = Mutex(State())
    private let spool: Spool
    private let ledger: Ledger
    private let logger: Logger
    /// How long the gate stays closed before the spool is tried again.
    private let pause: Duration

    init(spool: Spool, ledger: Ledger, logger: Logger, pause: Duration = .seconds(2)) {
        self.spool = spool
        self.ledger = ledger
        self.logger = logger
        self.pause = pause
    }

    /// Why no frames are taken; nil when they are.
    var reason: String? { state.withLock { $0.reason } }

    /// Closes the gate when an error means that no other frame would fare better.
    func note(_ error: any Error) {
        switch error {
        case let error as SystemError where error.isDiskFull || error.isReadOnly: close("\(error)")
        case let error as LedgerError where error.cannotWrite: close("\(error)")
        default: break
        }
    }

    private func close(_ reason: String) {
        let isNew = state.withLock { state in
            defer {
                state.reason = reason
                state.nextProbe = .now + pause
            }
            return state.reason == nil
        }
        guard isNew else { return }
        logger.event(
            .intakeStopped, .error,
            "intake stopped: \(reason). Frames wait in their folders; it goes on by itself when that has passed")
    }

    /// Whether frames may be taken now. Called by the inbox alone.
    func isOpen() -> Bool {
        if let obstacle = spool.obstacle() {
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
        state.withLock { $0.reason = nil }
        logger.event(.intakeResumed, .notice, "intake goes on: \(spool.root) and the ledger can be written again")
        return true
    }
}
