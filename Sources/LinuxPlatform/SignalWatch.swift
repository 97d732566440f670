import CCrashNote
import Dispatch
import Foundation
import Glibc
import Synchronization

/// SIGTERM, SIGINT and SIGHUP, on a thread of their own that starts before any other.
///
/// The signals are delivered as streams. The end of the program does not depend on them: they need threads of Swift's
/// executor, which cannot start at the limit of threads, and a stuck program serves nothing. So the thread itself ends
/// the process
/// * at the first SIGTERM or SIGINT before the streams are served,
/// * at the second one,
/// * when the process has not ended `patience` after the first.
///
/// It ends by the signal, like a program that never handled it. The next start resumes the frames in progress.
package final class SignalWatch: Sendable {
    /// Less than the service manager waits before it kills (TimeoutStopSec=30).
    package static let patience = Duration.seconds(25)

    /// One element for each SIGHUP.
    package let hangups: AsyncStream<Void>
    /// An element for the first SIGTERM or SIGINT.
    package let stops: AsyncStream<Void>

    private let hangupSource, stopSource: AsyncStream<Void>.Continuation
    private struct State {
        var isServed = false
        var lastWords: (@Sendable (String) -> Void)?
    }
    private let state = Mutex(State())
    private let patience: Duration

    /// Takes the signals from all threads: those that the calling one starts from now on block them, and those that ran
    /// before, like a library's, forward them. Call it first.
    /// - Parameter patience: the time that the process may take to end after the first signal.
    /// - Throws: `SystemThread.LimitReached`.
    package init(patience: Duration = SignalWatch.patience) throws {
        self.patience = patience
        (hangups, hangupSource) = AsyncStream.makeStream()
        (stops, stopSource) = AsyncStream.makeStream()
        var set = Self.signals
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let isWatching = DispatchSemaphore(value: 0)
        try SystemThread.start("signals") {
            csf_forward_here([SIGTERM, SIGINT, SIGHUP], 3)
            isWatching.signal()
            self.watch()
        }
        isWatching.wait()
    }

    /// Declares that `stops` is served from now on.
    /// - Parameter lastWords: receives the reason when the process is forced to end.
    package func serve(lastWords: @escaping @Sendable (String) -> Void) {
        state.withLock { $0 = State(isServed: true, lastWords: lastWords) }
    }

    private static var signals: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, signal) }
        return set
    }

    private func watch() {
        var set = Self.signals
        while true {
            var signal: Int32 = 0
            guard sigwait(&set, &signal) == 0 else { continue }
            if signal == SIGHUP {
                hangupSource.yield()
            } else if state.withLock({ $0.isServed }) {
                stopSource.yield()
                awaitEnd(after: signal)
            } else {
                Self.end(by: signal)
            }
        }
    }

    private func awaitEnd(after signal: Int32) -> Never {
        var set = Self.signals
        sigdelset(&set, SIGHUP)
        let deadline = ContinuousClock.now + patience
        var words = "not stopped \(patience.components.seconds) s after the stop signal: exiting now"
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { break }
            var time = timespec(tv_sec: Int(left.components.seconds) + 1, tv_nsec: 0)
            guard sigtimedwait(&set, nil, &time) > 0 else { continue }
            words = "a second stop signal: exiting immediately"
            break
        }
        // In case even the message hangs.
        alarm(2)
        state.withLock { $0.lastWords }?(words + "; frames in progress are resumed at the next start")
        Self.end(by: signal)
    }

    private static func end(by signal: Int32) -> Never {
        Glibc.signal(signal, SIG_DFL)
        var set = Self.signals
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        raise(signal)
        _exit(128 + signal)
    }
}
