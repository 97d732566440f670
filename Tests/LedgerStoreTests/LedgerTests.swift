import Foundation
import InspectionDomain
import LedgerStore
import TestSupport
import Testing

@Suite struct LedgerTests {
    private func inspection(
        _ id: String, line: String = "a", verdict: Verdict = .normal, score: Double? = 1, at seconds: Double = 1000
    ) -> Inspection {
        Inspection(
            resultID: id, line: line, createdAt: Date(timeIntervalSince1970: seconds),
            image: ImageInfo(path: "/w/\(id).jpg"),
            verdict: verdict, imageScore: score)
    }

    private func alert(_ id: String) -> Alert {
        Alert(
            id: id, kind: .anomaly, line: "a", createdAt: Date(timeIntervalSince1970: 1), verdict: .anomalous,
            message: "m")
    }

    @Test func a_commit_is_on_the_disk_when_it_returns() throws {
        try withLedger { ledger, _ in
            let isFullySynchronous = try ledger.isFullySynchronous
            #expect(isFullySynchronous)
        }
    }

    @Test func a_frame_is_recorded_once_and_its_alert_with_it() throws {
        try withLedger { ledger, _ in
            #expect(try ledger.record(inspection("x", verdict: .anomalous), resultPath: "/r", alert: alert("x")))
            #expect(try !ledger.record(inspection("x"), resultPath: "/other", alert: alert("second")))
            #expect(try ledger.contains("x"))
            #expect(try !ledger.contains("y"))
            #expect(try ledger.count() == 1)
            #expect(try ledger.pendingAlerts().map(\.id) == ["x"])
            try ledger.markDelivered("x")
            #expect(try ledger.pendingAlerts().isEmpty)
        }
    }

    @Test func history_is_filtered_newest_first() throws {
        try withLedger { ledger, _ in
            for index in 0..<5 {
                try ledger.record(
                    inspection(
                        "\(index)", line: index < 3 ? "a" : "b", verdict: index == 1 ? .anomalous : .normal,
                        score: Double(index),
                        at: Double(index)), resultPath: "/r/\(index)", alert: nil)
            }
            #expect(try ledger.history().map(\.inspection.resultID) == ["4", "3", "2", "1", "0"])
            #expect(try ledger.history(HistoryFilter(line: "a", limit: 2)).map(\.inspection.resultID) == ["2", "1"])
            #expect(try ledger.history(HistoryFilter(verdict: .anomalous)).map(\.resultPath) == ["/r/1"])
            #expect(try ledger.history(HistoryFilter(minimumScore: 3)).count == 2)
            #expect(
                try ledger.history(
                    HistoryFilter(since: Date(timeIntervalSince1970: 1), until: Date(timeIntervalSince1970: 3))
                ).count == 2)
            #expect(try ledger.scores(line: "a", last: 2) == [2, 1])
        }
    }

    @Test func a_reader_sees_what_the_writer_committed_and_changes_nothing() throws {
        try withLedger { ledger, path in
            let reader = try Ledger(path: path, readOnly: true)
            try ledger.record(inspection("x"), resultPath: "/r", alert: nil)
            #expect(try reader.count() == 1)
            #expect(throws: LedgerError.self) { try reader.record(inspection("y"), resultPath: "/r", alert: nil) }
        }
    }

    @Test func a_ledger_filled_again_from_results_lists_them_in_the_same_order() throws {
        // Within one millisecond, the resolution of result.json.
        let frames = ["b", "a", "c"].enumerated().map { inspection($1, at: 1000 + Double($0) * 1e-4) }
        var orders: [[String]] = []
        for isFirst in [true, false] {
            try withLedger { ledger, _ in
                for frame in frames {
                    let json = try DomainJSON.encoder().encode(frame)
                    let again = try DomainJSON.decoder().decode(Inspection.self, from: json)
                    try ledger.record(isFirst ? frame : again, json: json, resultPath: "/r", alert: nil)
                }
                orders.append(try ledger.history().map(\.inspection.resultID))
            }
        }
        #expect(orders[0] == orders[1])
    }

    @Test func old_inspections_are_forgotten_in_batches_except_those_of_spared_lines() throws {
        try withLedger { ledger, _ in
            for (index, line) in ["a", "kept", "a", "gone", "a"].enumerated() {
                try ledger.record(
                    inspection("\(index)", line: line, at: Double(index)), resultPath: "/r", alert: alert("\(index)"))
            }
            let limit = ForgettingLimit(before: Date(timeIntervalSince1970: 4))
            #expect(try ledger.count(limit, sparing: ["kept"]) == 3)
            #expect(try ledger.forget(limit, sparing: ["kept"], most: 2) == 2)
            #expect(try ledger.history().map(\.inspection.resultID) == ["4", "3", "1"], "the oldest go first")
            #expect(try ledger.forget(limit, sparing: ["kept"], most: 2) == 1)
            #expect(try ledger.forget(limit, sparing: ["kept"], most: 2) == 0)
            #expect(try ledger.history().map(\.inspection.resultID) == ["4", "1"])
            #expect(try ledger.pendingAlertCount() == 5, "an alert is delivered however old it is")
            #expect(try ledger.forget(ForgettingLimit(before: .distantFuture), sparing: []) == 1)
            #expect(try ledger.history().map(\.inspection.resultID) == ["4"], "the newest stays, whatever is asked")
        }
    }

    @Test func summaries_count_verdicts_and_name_the_last_error() throws {
        try withLedger { ledger, _ in
            try ledger.record(inspection("1"), resultPath: "/r", alert: nil)
            var broken = inspection("2", verdict: .error, score: nil, at: 1001)
            broken.error = InspectionError(code: "truncated", message: "ends early")
            try ledger.record(broken, resultPath: "/r", alert: nil)
            let summary = try #require(try ledger.summaries(since: Date(timeIntervalSince1970: 0)).first)
            #expect((summary.normal, summary.anomalous, summary.error) == (1, 0, 1))
            #expect(summary.lastError?.message == "ends early")
            #expect(summary.lastError?.date == Date(timeIntervalSince1970: 1001))
            #expect(summary.last == Date(timeIntervalSince1970: 1001))
        }
    }

    @Test func summaries_give_percentiles_by_stage_of_the_latest_frames() throws {
        try withLedger { ledger, _ in
            for index in 1...200 {
                var one = inspection("\(index)", at: Double(index))
                one.timingMilliseconds.decode = Double(index)
                one.timingMilliseconds.queue = 7
                if index > 100 { one.timingMilliseconds.gate = 3 }
                try ledger.record(one, resultPath: "/r", alert: nil)
            }
            let summary = try #require(
                try ledger.summaries(since: .distantPast, now: Date(timeIntervalSince1970: 700)).first)
            let decode = try #require(summary.stages["decode"])
            #expect((decode.p50, decode.p95, decode.p99) == (101, 191, 199))
            #expect(summary.stages["queue"]?.p99 == 7 && summary.stages["total"]?.p50 == 104)
            #expect(summary.stages["gate"]?.p50 == 3, "of the frames that a gate has seen")
            #expect(summary.perMinute == 10.1, "101 frames in the ten minutes before")
        }
    }

    @Test func a_calibrations_expiry_is_recorded_once_with_its_alert() throws {
        try withLedger { ledger, path in
            let expiry = CalibrationExpiry(
                line: "a", calibration: "c1", since: Date(timeIntervalSince1970: 5),
                noticedAt: Date(timeIntervalSince1970: 9), direction: "risen")
            let first = try ledger.record(expiry, alert: alert("calibration-a-c1"))
            let again = try ledger.record(expiry, alert: alert("calibration-a-c1"))
            #expect(first && !again)
            let found = try Ledger(path: path).expiry(line: "a", calibration: "c1")
            #expect(found == expiry)
            let others = [
                try ledger.expiry(line: "a", calibration: "c2"), try ledger.expiry(line: "b", calibration: "c1"),
            ]
            #expect(others == [nil, nil])
            let pending = try ledger.pendingAlertCount()
            #expect(pending == 1)
        }
    }

    @Test func a_damaged_ledger_says_what_to_do() throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("ledger.sqlite").path
            try Data(repeating: 0x41, count: 4096).write(to: URL(fileURLWithPath: path))
            let error = try #require(throws: LedgerError.self) { try Ledger(path: path) }
            #expect(error.description.contains("inspectctl repair"))
            #expect(!error.isTransient)
        }
    }
}
