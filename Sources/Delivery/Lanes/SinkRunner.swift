import Foundation
import InspectionPipeline
import LedgerStore
import LinuxPlatform
import Logging
import Synchronization

/// Runs one sink: what it keeps up, and a lane for each of its lines.
struct SinkRunner: Sendable {
    let sink: ReadySink
    let reader: RecordReader
    let memory: DeliveryMemory
    let news: RecordNews
    let progress: ProgressBoard
    let journal: SinkJournal

    /// Runs until the task is cancelled.
    func run() async {
        await withTaskGroup { group in
            group.addTask {
                await keepUp {
                    try await sink.sink.run()
                } failed: {
                    journal.connectionFailed($0)
                }
            }
            group.addTask { await runLanes() }
        }
    }

    private func runLanes() async {
        guard await add() else { return }
        let attempts = Attempts(sink, progress: progress)
        await withTaskGroup { group in
            var lanes: [String: AsyncStream<Void>.Continuation] = [:]
            var reached: (ledger: String, latest: [String: Int64]) = ("", [:])
            for await _ in news.changes() {
                let (ledger, latest) = news.reading
                let retried = await linesToRetry()
                for line in Set(latest.keys).union(retried) where sink.settings.filter.admits(line: line) {
                    let isNew = lanes[line] == nil
                    if isNew {
                        let (wakes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
                        lanes[line] = continuation
                        let lane = Lane(
                            line: line, sink: sink, reader: reader, memory: memory, attempts: attempts, journal: journal
                        )
                        group.addTask { await lane.run(wakes: wakes) }
                    }
                    let hasNews = ledger != reached.ledger || latest[line] != reached.latest[line]
                    if isNew || hasNews || retried.contains(line) { lanes[line]?.yield() }
                }
                reached = (ledger, latest)
            }
            group.cancelAll()
        }
    }

    private func linesToRetry() async -> Set<String> {
        let name = sink.name
        return Set((try? await memory { try $0.linesToRetry(sink: name) }) ?? [])
    }

    /// Makes the sink known, with the newest record as its position.
    /// - Returns: false when the task was cancelled before.
    private func add() async -> Bool {
        let name = sink.name
        while !Task.isCancelled {
            do {
                // A ledger that is not there yet will be another one, all of whose records are new.
                let isMade = try FileSystem().exists(RawPath(reader.path))
                let (ledger, start) =
                    isMade ? try await reader.read { (try $0.identity(), try $0.latestSequence()) } : ("", 0)
                if try await memory({ try $0.add(sink: name, ledger: ledger, start: start) }) { journal.added() }
                return true
            } catch {
                journal.storageFailed(error)
                try? await Task.sleep(for: .seconds(1))
            }
        }
        return false
    }
}
