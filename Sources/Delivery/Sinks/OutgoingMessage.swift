import Foundation
import InspectionDomain
import InspectionPipeline
import LedgerStore

/// One record on its way out, the same for every sink.
package struct OutgoingMessage: Sendable, Equatable {
    /// The `result_id`: the same at every attempt, by which a receiver knows a message that it has had.
    package let id: String
    package let line: String
    package let verdict: Verdict
    package let createdAt: Date
    /// `result.json` as recorded, on one line, with `result_path`, the folder of the pictures that `files` names.
    package let json: String
    /// The folder of the result's pictures. Retention may have removed it.
    package let resultPath: String
    /// Whether an operator asked for it: no frame was inspected.
    package let isTest: Bool

    /// Nil for a damaged record, from which no message can be made.
    package init?(_ record: RecordedInspection) {
        guard let json = record.json, let verdict = record.verdict else { return nil }
        (id, line, self.verdict, createdAt) = (record.id, record.line, verdict, record.createdAt)
        (self.json, resultPath, isTest) = (json, record.resultPath, false)
    }

    /// A test message: `"test": true`, and an id that no result has.
    package init(testOf sink: SinkSettings, lines: [String], now: Date = Date()) throws {
        let id = "test-\(UUID().uuidString.lowercased())"
        let line = sink.filter.lines?.sorted().first ?? lines.first ?? "test"
        let content = Test(resultID: id, line: line, createdAt: now)
        json = String(decoding: try DomainJSON.encoder(pretty: false).encode(content), as: UTF8.self)
        (self.id, self.line, verdict, createdAt, resultPath, isTest) = (id, line, .normal, now, "", true)
    }

    private struct Test: Encodable {
        let schema = Inspection.currentSchema
        let test = true
        let message = "a test of inspectd-gateway; no frame was inspected"
        let verdict = Verdict.normal
        let resultID: String
        let line: String
        let createdAt: Date

        enum CodingKeys: String, CodingKey {
            case schema, test, message, verdict, line
            case resultID = "result_id"
            case createdAt = "created_at"
        }
    }
}
