import InspectionDomain
import InspectionPipeline
import LedgerStore
import Logging

/// The log of one sink: repeated failures of a line once, with a count.
struct SinkJournal: Sendable {
    let sink: String
    let logger: Logger
    let incidents: IncidentLog

    private func cause(_ line: String?, _ what: String = "delivery") -> Cause {
        Cause(.deliveryFailing, line: line, "\(sink): \(what)")
    }

    private var fields: [String: String] { [LogField.sink: sink] }

    func added() {
        logger.event(
            .sinkAdded, .notice, "sink \(sink) is new: it starts with the next record; earlier ones are not sent",
            fields: fields)
    }

    func moved() {
        logger.event(
            .sinkMoved, .warning,
            "sink \(sink): the ledger was replaced; records of the last ten minutes before its last delivery are sent again, "
                + "with the same ids", fields: fields)
    }

    func delivered(line: String) { incidents.ended(cause(line)) }

    func failed(line: String, _ reason: String, _ pause: Duration) {
        incidents.occurred(
            cause(line), level: .warning,
            "sink \(sink): messages of line \(line) are not delivered: \(reason); retrying", fields: fields)
    }

    func refused(_ record: RecordedInspection, _ reason: String) {
        logger.event(
            .messageRefused, .error,
            "sink \(sink): result \(record.id) of line \(record.line) was refused and is a dead letter now: \(reason); when "
                + "the cause is fixed: inspectctl sinks retry \(sink)",
            fields: fields.merging([LogField.line: record.line, LogField.resultID: record.id]) { a, _ in a })
    }

    func storageFailed(_ error: any Error) {
        incidents.occurred(
            cause(nil, "storage"), "sink \(sink): delivery waits: \(ExitStatus.message(of: error)); retrying",
            fields: fields)
    }

    func storageWorks() { incidents.ended(cause(nil, "storage")) }

    func connectionFailed(_ error: any Error) {
        incidents.occurred(
            cause(nil, "connection"), level: .warning, "sink \(sink): \(ExitStatus.message(of: error)); retrying",
            fields: fields)
    }
}
