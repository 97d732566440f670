import InspectionDomain
import InspectionPipeline
import LedgerStore
import Logging

/// One line of one sink: delivers its records one after the other, in the order of recording.
///
/// A record is handled when the receiver has acknowledged it, or refused it for good, and that is noted. Until then the
/// lane stays at it; other lanes go on.
struct Lane: Sendable {
    let line: String
    let sink: ReadySink
    let reader: RecordReader
    let memory: DeliveryMemory
    let attempts: Attempts
    let journal: SinkJournal

    /// Records read at a time: few, because every line of every sink holds as many.
    private static let page = 16
    /// Dead letters kept for a sink. Further messages that its receiver refuses wait for an operator instead.
    package static let mostDeadLetters = 10_000

    /// Delivers until the task is cancelled.
    /// - Parameter wakes: an element when there may be something to do.
    func run(wakes: AsyncStream<Void>) async {
        for await _ in wakes {
            var failures = 0, isMore = true
            while isMore, !Task.isCancelled {
                do {
                    isMore = try await step()
                    failures = 0
                    journal.storageWorks()
                } catch is CancellationError {
                    return
                } catch {
                    failures += 1
                    journal.storageFailed(error)
                    try? await Task.sleep(for: RetryPause.after(failures: failures, asked: nil))
                }
            }
        }
    }

    /// Handles dead letters that are to be sent again, then the next records.
    /// - Returns: whether there may be more to do.
    private func step() async throws -> Bool {
        let (name, line, filter) = (sink.name, line, sink.settings.filter)
        if let letter = try await memory({ try $0.nextRetry(sink: name, line: line) }) {
            try await sendAgain(letter)
            return true
        }
        var position = try await memory { try $0.position(sink: name, line: line) }
        let start = position
        let page = try await reader.read {
            try $0.records(line: line, after: start, verdicts: filter.verdicts, limit: Self.page)
        }
        if let change = page.change {
            if try await memory({ try $0.move(sink: name, line: line, from: start, to: change) }) { journal.moved() }
            return true
        }
        for record in page.records {
            guard try await handle(record, at: position) else { return true }
            (position.sequence, position.id) = (record.sequence, record.id)
        }
        guard page.end > position.sequence else { return !page.records.isEmpty }
        let (reached, end) = (position, page.end)
        _ = try await memory { try $0.advance(sink: name, line: line, from: reached, to: end) }
        return true
    }

    /// - Returns: false when an operator has moved the sink meanwhile.
    private func handle(_ record: RecordedInspection, at position: RecordPosition) async throws -> Bool {
        let name = sink.name, line = line
        let result = try await deliver(record) {
            try await memory { try $0.position(sink: name, line: line) } == position
        }
        guard let result else { return false }
        return try await memory { try $0.advance(sink: name, from: position, to: record, result) }
    }

    private func sendAgain(_ letter: DeadLetter) async throws {
        let name = sink.name, line = line
        let result = try await deliver(letter.record, isLetter: true) {
            try await memory { try $0.nextRetry(sink: name, line: line) } == letter
        }
        if let result { try await memory { try $0.settle(letter, result) } }
    }

    /// Tries until the record is acknowledged or refused for good.
    /// - Parameters:
    ///   - isLetter: whether it is a dead letter already.
    ///   - isWanted: asked after each failure: an operator may have decided otherwise.
    /// - Returns: nil when it is not wanted any more.
    /// - Throws: `CancellationError`, `DeliveryStoreError`.
    private func deliver(
        _ record: RecordedInspection, isLetter: Bool = false, while isWanted: () async throws -> Bool
    ) async throws -> DeliveryResult? {
        guard let message = OutgoingMessage(record) else {
            return buried(record, "the record is damaged, so no message can be made of it")
        }
        var failures = 0
        while true {
            var (reason, asked): (String, Duration?)
            switch await attempts.run(message) {
            case .delivered:
                journal.delivered(line: line)
                return .delivered
            case .refused(let why):
                let isBuried = isLetter ? true : try await hasRoom()
                if isBuried { return buried(record, why) }
                (reason, asked) = (
                    "\(why); \(Self.mostDeadLetters) messages are dead letters already, so this one waits", nil
                )
            case .failed(let why, let pause): (reason, asked) = (why, pause)
            }
            try Task.checkCancellation()
            failures += 1
            let name = sink.name, error = reason
            try await memory { try $0.countRetry(sink: name, error: error) }
            let pause = RetryPause.after(failures: failures, asked: asked)
            journal.failed(line: line, reason, pause)
            try await Task.sleep(for: pause)
            guard try await isWanted() else { return nil }
        }
    }

    private func hasRoom() async throws -> Bool {
        let name = sink.name
        return try await memory { try $0.deadLetterCount(sink: name) } < Self.mostDeadLetters
    }

    private func buried(_ record: RecordedInspection, _ reason: String) -> DeliveryResult {
        journal.refused(record, reason)
        return .dead(reason)
    }
}
