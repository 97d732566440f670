import Foundation
import Imaging
import LinuxPlatform
import Logging
import ServiceLifecycle
import Spooling

/// Finds frames and hands them to the workers. Scans decide; inotify only wakes them, a timer does where no events come.
struct InboxService: Service {
    let context: DaemonContext
    let recovery: Recovery

    func run() async throws {
        let stop = Bell()
        let (context, recovery) = (context, recovery)
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await BlockingThread.run("inbox", on: context.roll) {
                if recovery.run(until: stop) { InboxLoop(context: context, stop: stop).run() }
            }
        } onCancelOrGracefulShutdown: {
            stop.stop()
            // The loop may be waiting for room in the queue. The workers end later, when it is their turn.
            context.queue.closeEntrance()
        }
    }
}

/// The inbox's thread.
private final class InboxLoop {
    /// After so many frames of one scan the folders are looked at again, so that no line waits for another's backlog.
    private static let batch = 512
    private static let wakeUp = Int32(200)

    private let context: DaemonContext
    private let stop: Bell
    private let folders: FolderWatch
    private var lines: [WatchedLine] = []
    private var revision = 0

    init(context: DaemonContext, stop: Bell) {
        self.context = context
        self.stop = stop
        folders = FolderWatch(incidents: context.incidents, bell: context.inboxBell)
    }

    func run() {
        var nextScan = ContinuousClock.now, openings = context.gates.openings
        let keeper = LedgerKeeper(context: context)
        var ledgerPause = (failures: 0, until: ContinuousClock.now)
        while !stop.stopped {
            // Its folders are not watched before they have been scanned.
            if followConfiguration() { nextScan = .now }
            guard context.intake.isOpen(obstacle: keeper.obstacle(&ledgerPause)) else {
                stop.wait(.milliseconds(500))
                nextScan = .now
                continue
            }
            context.gates.hasten { !context.fileSystem.isUnwritable($0) }
            if openings != context.gates.openings { (openings, nextScan) = (context.gates.openings, .now) }
            var (admitted, held): ([Work], [Work]) = ([], [])
            for work in context.pending.due() {
                if context.gates.admits(work.path, line: work.line.name, isTaken: true) {
                    admitted.append(work)
                } else {
                    held.append(work)
                }
            }
            context.pending.postpone(held)
            guard hand(over: admitted) else { return }
            if ContinuousClock.now >= nextScan {
                context.progress.begin("scanning the watched folders", part: "inbox")
                if let batch = folders.wait(milliseconds: 0) { note(batch) }
                let (found, isMore, nextLook) = scan()
                context.progress.rest("inbox")
                guard hand(over: found) else { return }
                nextScan = isMore ? .now : .now + pause(until: nextLook)
                if isMore { continue }
            }
            if waitForEvents(until: nextScan) { nextScan = .now }
        }
    }

    private var interval: Duration { context.configuration.current.scanInterval }

    /// Waits for room in the queue: then the frames wait where they are. So do those that come after the gate closed.
    /// - Returns: false when the daemon ends.
    private func hand(over work: [Work]) -> Bool {
        for (index, one) in work.enumerated() {
            // Also when the ledger was removed: what comes now would be written into a file without a name.
            guard context.intake.reason == nil, context.ledger.displacement == nil else {
                context.pending.putBack(work[index...])
                break
            }
            guard context.queue.push(one) else { return false }
        }
        return true
    }

    /// A file that is not whole is looked at twice a second, because a change of it need not be told.
    private func pause(until look: ContinuousClock.Instant?) -> Duration {
        guard let look else { return interval }
        return min(interval, .milliseconds(500), max(.milliseconds(5), look - .now))
    }

    /// - Returns: whether a scan may find something new.
    private func waitForEvents(until scan: ContinuousClock.Instant) -> Bool {
        let milliseconds = Int32(clamping: Int(max(.zero, scan - .now) / .milliseconds(1)) + 1)
        let time = min(Self.wakeUp, milliseconds)
        guard let batch = folders.wait(milliseconds: time) else {
            stop.wait(.milliseconds(Int(time)))
            return context.pending.takeFreed()
        }
        note(batch)
        return context.pending.takeFreed() || batch.wakes
    }

    private func note(_ batch: Inotify.Batch) {
        for index in lines.indices { lines[index].note(batch) }
    }

    /// Takes the lines of a new configuration over; lines that are the same keep what they know of their files.
    /// - Returns: whether there was a new one.
    private func followConfiguration() -> Bool {
        guard revision != context.configuration.revision else { return false }
        revision = context.configuration.revision
        let configuration = context.configuration.current
        lines = configuration.lines.map { line in
            lines.first { $0.isSameFolder(as: line) }?.with(line)
                ?? WatchedLine(
                    line, excluding: [configuration.state, configuration.spool], fileSystem: context.fileSystem)
        }
        folders.reset()
        context.incidents.keepOnly(lines: Set(configuration.lines.map(\.name)))
        context.gates.keepOnly(lines: Set(configuration.lines.map(\.name)))
        return true
    }

    /// - Returns: whole frames, the lines taking turns; whether there are more; when one that is not whole is looked at again.
    private func scan() -> (found: [Work], isMore: Bool, nextLook: ContinuousClock.Instant?) {
        var perLine: [[Work]] = [unfinished()]
        var seen: [RawPath] = []
        var isMore = false
        var nextLook: ContinuousClock.Instant?
        for index in lines.indices {
            let result = lines[index].scan(context, limit: Self.batch)
            seen += result.folders
            perLine.append(result.found)
            isMore = isMore || result.isMore
            if let look = result.nextLook { nextLook = min(nextLook ?? look, look) }
        }
        folders.watch(seen, scannedEvery: interval)
        let longest = perLine.map(\.count).max() ?? 0
        let turns = (0..<longest).flatMap { turn in perLine.compactMap { turn < $0.count ? $0[turn] : nil } }
        return (turns, isMore, nextLook)
    }

    /// Frames that were set aside unfinished and are whole now.
    private func unfinished() -> [Work] {
        let configuration = context.configuration.current
        return context.unfinished.due { configuration.line(named: $0)?.settle }.compactMap { entry, arrival in
            guard let line = configuration.line(named: entry.line), context.pending.begin(arrival.path) else {
                return nil
            }
            context.logger.event(
                .recovered, .notice,
                "\(entry.original): was written on after it had been set aside as unfinished; inspecting it again",
                fields: [LogField.line: line.name, LogField.frame: entry.original.description])
            return Work(frame: .unfinished(arrival, entry), line: line, seen: .now)
        }
    }
}
