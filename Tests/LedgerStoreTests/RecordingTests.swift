import Foundation
import GRDB
import InspectionDomain
import LedgerStore
import TestSupport
import Testing

@Suite struct RecordingTests {
    private func inspection(_ id: String, line: String = "a", verdict: Verdict = .normal, at seconds: Double = 0)
        -> Inspection
    {
        Inspection(
            resultID: id, line: line, createdAt: Date(timeIntervalSince1970: seconds),
            image: ImageInfo(path: "/w/\(id).jpg"), verdict: verdict)
    }

    @Test func records_of_an_earlier_version_are_numbered_in_the_order_of_their_time() throws {
        try withLedger { ledger, path in
            for (id, time) in [("c", 3.0), ("a", 1), ("b", 2)] {
                try ledger.record(inspection(id, at: time), resultPath: "/r", alert: nil)
            }
            try DatabaseQueue(path: path).write { database in
                for trigger in ["inspection_recorded", "inspection_forgotten"] {
                    try database.execute(sql: "DROP TRIGGER \(trigger)")
                }
                for table in ["recording", "ledger_identity"] { try database.execute(sql: "DROP TABLE \(table)") }
                try database.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = '3'")
            }
            let migrated = try Ledger(path: path)
            try migrated.record(inspection("d"), resultPath: "/r", alert: nil)
            let start = RecordPosition(ledger: try migrated.identity(), sequence: 0)
            let page = try migrated.records(line: "a", after: start, verdicts: nil, limit: 9)
            #expect(page.records.map(\.id) == ["a", "b", "c", "d"] && page.records.map(\.sequence) == [1, 2, 3, 4])
        }
    }

    @Test func a_number_is_never_given_twice() throws {
        try withLedger { ledger, path in
            for id in ["a", "b"] { try ledger.record(inspection(id), resultPath: "/r", alert: nil) }
            // Nothing of the programs removes the newest; an administrator may.
            try DatabaseQueue(path: path).write { try $0.execute(sql: "DELETE FROM inspection") }
            try ledger.record(inspection("c"), resultPath: "/r", alert: nil)
            #expect(try ledger.latestSequences() == ["a": 3])
        }
    }

    @Test func pages_go_on_where_the_last_one_ended_whatever_the_filter() throws {
        try withLedger { ledger, _ in
            for number in 0..<50 {
                let line = number % 2 == 0 ? "a" : "b"
                try ledger.record(
                    inspection("\(number)", line: line, verdict: number % 3 == 0 ? .error : .normal), resultPath: "/r",
                    alert: nil)
            }
            var position = RecordPosition(ledger: try ledger.identity(), sequence: 0), ids: [String] = []
            while true {
                let page = try ledger.records(line: "a", after: position, verdicts: [.error], limit: 2)
                ids += page.records.map(\.id)
                guard page.end > position.sequence else { break }
                (position.sequence, position.id) = (page.end, nil)
            }
            #expect(ids == stride(from: 0, to: 50, by: 6).map(String.init))
            #expect(position.sequence == 49)
            #expect(try ledger.backlog(line: "b", after: 40).count == 5)
            #expect(try ledger.latestSequences() == ["a": 49, "b": 50])
        }
    }

    @Test func what_is_held_is_not_forgotten() throws {
        try withLedger { ledger, _ in
            for number in 0..<5 {
                try ledger.record(inspection("\(number)", at: Double(number)), resultPath: "/r", alert: nil)
            }
            var limit = ForgettingLimit(before: Date())
            limit.heldSequence = 3
            #expect(try ledger.count(limit, sparing: []) == 2)
            #expect(try ledger.forget(limit, sparing: []) == 2)
            #expect(try ledger.history().map(\.inspection.resultID).sorted() == ["2", "3", "4"])
        }
    }

    @Test func the_files_that_a_reader_needs_stay_when_the_writer_ends() throws {
        try withLedger { _, path in
            do { try Ledger(path: path).record(inspection("x"), resultPath: "/r", alert: nil) }
            for suffix in ["-wal", "-shm"] { #expect(FileManager.default.fileExists(atPath: path + suffix)) }
        }
    }
}
