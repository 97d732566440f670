import Delivery
import Foundation
import InspectionDomain
import InspectionPipeline
import LedgerStore
import Testing

@Suite struct DeliveryTests {
    private let expected = (0..<5).map { "a\($0)" }

    @Test func records_arrive_in_order_with_what_was_recorded_and_where_the_pictures_are() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink()
            try await plant.introduce(sink)
            try plant.record(0..<5)
            try await plant.run(sink) { try await wait(for: "five messages") { sink.messages.count == 5 } }
            #expect(sink.ids() == expected)
            let message = try #require(sink.messages.first)
            #expect(!message.json.contains("\n") && message.resultPath == "/spool/results/a0")
            let object = try JSONSerialization.jsonObject(with: Data(message.json.utf8)) as? [String: Any]
            #expect(object?["result_id"] as? String == "a0" && object?["result_path"] as? String == "/spool/results/a0")
            #expect(message.json.contains("\"image_score\":0.1,"), "numbers stay as they were recorded")
            let entry = try #require(try plant.ledger.entry("a0"))
            let received = try DomainJSON.decoder().decode(Inspection.self, from: Data(message.json.utf8))
            #expect(received == entry.inspection)
        }
    }

    @Test func a_new_sink_starts_with_the_next_record() async throws {
        try await Plant.open { plant in
            try plant.record(0..<3)
            let sink = ScriptedSink()
            try await plant.introduce(sink)
            try plant.record(3..<5)
            try await plant.run(sink) { try await wait(for: "two messages") { sink.messages.count == 2 } }
            #expect(sink.ids() == ["a3", "a4"])
        }
    }

    @Test func a_gateway_that_is_there_before_the_ledger_sends_all_of_it() async throws {
        try await Plant.open { plant in
            for suffix in ["", "-wal", "-shm"] {
                try FileManager.default.removeItem(atPath: plant.configuration.ledgerPath + suffix)
            }
            let sink = ScriptedSink()
            try await plant.introduce(sink)
            let later = Plant(
                configuration: plant.configuration, ledger: try Ledger(path: plant.configuration.ledgerPath))
            try later.record(0..<5)
            try await later.run(sink) { try await wait(for: "five messages") { sink.messages.count == 5 } }
            #expect(sink.ids() == expected)
        }
    }

    @Test func a_record_made_while_the_gateway_runs_is_delivered() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink()
            try await plant.run(sink) {
                try await wait(for: "the sink to be known") { try plant.store.counts(sink: "played") != nil }
                for number in 0..<5 {
                    try plant.record(number..<number + 1)
                    try await wait(for: "message \(number)") { sink.messages.count == number + 1 }
                }
            }
            #expect(sink.ids() == expected)
        }
    }

    @Test func a_failed_message_is_sent_again_before_the_next_one_of_its_line() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink { message, attempt in
                message.id == "a1" && attempt < 3 ? .failed("away") : .delivered
            }
            try await plant.introduce(sink)
            try plant.record(0..<5)
            try await plant.run(sink) { try await wait(for: "five messages") { sink.messages.count == 5 } }
            #expect(sink.ids() == expected && sink.attempts("a1") == 3 && sink.attempts("a2") == 1)
            let counts = try #require(try plant.store.counts(sink: "played"))
            #expect(counts.delivered == 5 && counts.retried == 2 && counts.dead == 0 && counts.lastError == "away")
        }
    }

    @Test func a_line_that_fails_or_hangs_does_not_stop_the_others() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink { message, _ in
                message.line == "fails" ? .failed("away") : message.line == "hangs" ? nil : .delivered
            }
            try await plant.introduce(sink)
            for line in ["fails", "hangs", "works"] { try plant.record(0..<20, line: line) }
            try await plant.run(sink) {
                try await wait(for: "the line that works") { sink.ids(of: "works").count == 20 }
            }
            #expect(sink.ids(of: "works") == (0..<20).map { "works\($0)" } && sink.messages.count == 20)
        }
    }

    @Test func no_more_messages_are_under_way_than_the_sink_allows() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink(concurrency: 2)
            try await plant.introduce(sink)
            for line in 0..<8 { try plant.record(0..<10, line: "line\(line)") }
            try await plant.run(sink) { try await wait(for: "all messages") { sink.messages.count == 80 } }
            #expect(sink.mostUnderWay <= 2)
        }
    }

    @Test func a_refused_message_becomes_a_dead_letter_and_the_line_goes_on() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink { message, attempt in
                message.id == "a1" && attempt == 1 ? .refused("404 Not Found") : .delivered
            }
            try await plant.introduce(sink)
            try plant.record(0..<5)
            try await plant.run(sink) {
                try await wait(for: "four messages") { sink.messages.count == 4 }
                let letters = try plant.store.deadLetters(sink: "played")
                #expect(letters.map(\.record.id) == ["a1"] && letters.map(\.reason) == ["404 Not Found"])
                #expect(try plant.store.retry(sink: "played") == 1)
                try await wait(for: "the dead letter") { sink.messages.count == 5 }
                try await wait(for: "the note of it") { try plant.store.deadLetterCount(sink: "played") == 0 }
            }
            #expect(sink.ids() == ["a0", "a2", "a3", "a4", "a1"])
            #expect(try plant.store.counts(sink: "played")?.delivered == 5)
        }
    }

    @Test func only_the_lines_and_verdicts_of_the_filter_are_sent() async throws {
        try await Plant.open { whole in
            let plant = whole.with(RecordFilter(lines: ["a"], verdicts: [.anomalous]))
            let sink = ScriptedSink()
            try await plant.introduce(sink)
            for number in 0..<40 {
                for line in ["a", "b"] {
                    try plant.record("\(line)\(number)", line: line, verdict: number % 3 == 0 ? .anomalous : .normal)
                }
            }
            try await plant.run(sink) {
                try await wait(for: "the messages") { sink.messages.count == 14 }
                try await wait(for: "the position behind the rest") {
                    try plant.store.positions(sink: "played")?["a"] == plant.ledger.latestSequences()["a"]
                }
            }
            #expect(sink.ids() == stride(from: 0, to: 40, by: 3).map { "a\($0)" })
        }
    }

    @Test func what_was_acknowledged_but_not_noted_is_sent_again_with_the_same_ids() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink(), files = FileManager.default
            let folder = plant.configuration.gateway?.state ?? ""
            try await plant.introduce(sink)
            try plant.record(0..<5)
            // The memory as it is for a process that dies before it notes anything.
            try files.copyItem(atPath: folder, toPath: folder + ".before")
            try await plant.run(sink) { try await wait(for: "five messages") { sink.messages.count == 5 } }
            try files.removeItem(atPath: folder)
            try files.moveItem(atPath: folder + ".before", toPath: folder)
            try await plant.run(sink) { try await wait(for: "them again") { sink.messages.count == 10 } }
            #expect(sink.ids() == expected + expected)
        }
    }

    @Test func a_damaged_record_is_a_dead_letter_and_hides_nothing() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink()
            try await plant.introduce(sink)
            try plant.record(0..<2)
            let broken = Inspection(
                resultID: "broken", line: "a", createdAt: Date(), image: ImageInfo(path: "/w"), verdict: .normal)
            try plant.ledger.record(broken, json: Data("{\"result_id\":".utf8), resultPath: "/r", alert: nil)
            try plant.record(2..<5)
            try await plant.run(sink) { try await wait(for: "five messages") { sink.messages.count == 5 } }
            #expect(sink.ids() == expected)
            #expect(try plant.store.deadLetters(sink: "played").map(\.record.id) == ["broken"])
        }
    }

    @Test func an_operator_skips_what_waits_even_while_it_is_tried() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink { message, _ in message.id == "a0" ? .failed("away") : .delivered }
            try await plant.introduce(sink)
            try plant.record(0..<3)
            try await plant.run(sink) {
                try await wait(for: "an attempt") { sink.attempts("a0") > 0 }
                try plant.store.skip(
                    sink: "played", line: nil, ledger: plant.ledger.identity(), to: plant.ledger.latestSequence())
                try plant.record(3..<5)
                try await wait(for: "the rest") { sink.messages.count == 2 }
            }
            #expect(sink.ids() == ["a3", "a4"])
        }
    }

    @Test func a_test_message_is_marked_and_counts_for_nothing() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink()
            try await plant.run(sink) {
                try await wait(for: "the sink to be known") { try plant.store.counts(sink: "played") != nil }
                let number = try plant.store.requestTest(sink: "played")
                try await wait(for: "the outcome") { try plant.store.outcome(ofTest: number) != nil }
                #expect(try plant.store.outcome(ofTest: number)?.isDelivered == true)
            }
            let message = try #require(sink.messages.first)
            #expect(message.isTest && message.json.contains("\"test\":true") && message.id.hasPrefix("test-"))
            #expect(try plant.store.counts(sink: "played")?.delivered == 0)
        }
    }

    @Test func the_report_tells_what_waits_and_since_when() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink { _, _ in .failed("away") }, date = Date().toTheMillisecond
            try await plant.introduce(sink)
            for number in 0..<3 { try plant.record("a\(number)", at: date + Double(number)) }
            try await plant.run(sink) {
                try await wait(for: "the report") {
                    try GatewayReport.read(state: plant.configuration.gateway?.state ?? "")?.sinks.first?.retried ?? 0
                        > 0
                }
            }
            let report = try #require(try GatewayReport.read(state: plant.configuration.gateway?.state ?? ""))
            #expect(report.sinks.first?.waiting == 3 && report.sinks.first?.waitingSince == date)
            #expect(report.sinks.first?.lastError == "away")
        }
    }
}
