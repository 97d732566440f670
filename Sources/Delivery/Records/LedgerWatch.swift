import Dispatch
import InspectionPipeline
import LedgerStore
import LinuxPlatform
import Synchronization

/// Notices new records: the kernel tells when the ledger's log is written, and then the ledger is asked.
///
/// The log is written before a commit is visible, and nothing is written when it becomes visible. So the ledger is asked
/// every few milliseconds for a while after a write. Without writes it is asked once a second, and more often where the
/// kernel tells nothing.
package final class LedgerWatch: Sendable {
    private let reader: RecordReader
    private let news: RecordNews
    private let log: RawPath
    private let incidents: IncidentLog
    private let progress: ProgressBoard.Part
    private let inotify: Inotify?
    private let stop = DispatchSemaphore(value: 0)
    private let isStopped = Mutex(false)

    package init(reader: RecordReader, news: RecordNews, incidents: IncidentLog, progress: ProgressBoard.Part) {
        (self.reader, self.news, self.incidents, self.progress) = (reader, news, incidents, progress)
        log = RawPath(reader.path + "-wal")
        do {
            inotify = try Inotify()
        } catch {
            inotify = nil
            incidents.occurred(Self.unwatched, level: .warning, Self.unwatchedText(error))
        }
    }

    private static let unreadable = Cause(.retrying, "ledger"), unwatched = Cause(.folderUnavailable, "watch")
    /// The pause between questions after a write, and how long they go on.
    private static let pause = Duration.milliseconds(10), attention = Duration.seconds(2)
    /// The pause without an event; without a watch.
    private static let idle = Duration.seconds(1), blind = Duration.milliseconds(250)

    private static func unwatchedText(_ error: any Error) -> String {
        "writes to the ledger cannot be watched: \(error); it is read four times a second instead"
    }

    /// Watches on a thread of its own until the task is cancelled.
    /// - Throws: `SystemThread.LimitReached`.
    package func run() async throws {
        try await withTaskCancellationHandler {
            try await SystemThread.value("ledger watch") { self.loop() }
        } onCancel: {
            isStopped.withLock { $0 = true }
            stop.signal()
            inotify?.wake()
        }
    }

    private func loop() {
        var lastWrite = ContinuousClock.now
        while !isStopped.withLock({ $0 }) {
            ask()
            let isWatching = watch()
            let isAttentive = ContinuousClock.now - lastWrite < Self.attention
            guard let inotify, isWatching else {
                _ = stop.wait(timeout: .now() + (isAttentive ? Self.pause : Self.blind).inSeconds)
                continue
            }
            if isAttentive { _ = stop.wait(timeout: .now() + Self.pause.inSeconds) }
            let limit = isAttentive ? 0 : Int32(Self.idle.inSeconds * 1000)
            let batch = inotify.wait(milliseconds: limit, takesWrites: true)
            if batch.isIncomplete || batch.events.contains(where: { $0.path == log }) { lastWrite = .now }
        }
    }

    /// Watches the ledger's folder, again where it was replaced.
    /// - Returns: whether it is watched.
    private func watch() -> Bool {
        guard let inotify else { return false }
        do {
            try inotify.watch(log.parent)
            incidents.ended(Self.unwatched)
            return true
        } catch {
            incidents.occurred(Self.unwatched, level: .warning, Self.unwatchedText(error))
            return false
        }
    }

    private func ask() {
        progress.begin("read the ledger")
        defer { progress.rest() }
        do {
            let (ledger, latest) = try reader.readBlocking { (try $0.identity(), try $0.latestSequences()) }
            incidents.ended(Self.unreadable)
            news.publish(ledger: ledger, latest: latest)
        } catch {
            incidents.occurred(
                Self.unreadable, "nothing is delivered until the ledger can be read: \(error)")
        }
    }
}
