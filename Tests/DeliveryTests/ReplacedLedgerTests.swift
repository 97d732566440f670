import Delivery
import Foundation
import InspectionDomain
import InspectionPipeline
import LedgerStore
import TestSupport
import Testing

/// A ledger that takes the place of another: nothing is left out, and only what was delivered just before comes twice.
@Suite struct ReplacedLedgerTests {
    private func files(_ path: String) -> [String] { ["", "-wal", "-shm"].map { path + $0 } }

    /// Another ledger in the place of this one, filled from the results on disk as `inspectd` does it.
    private func refilled(_ plant: Plant, _ results: [(id: String, date: Date)]) throws -> Plant {
        for file in files(plant.configuration.ledgerPath) { try? FileManager.default.removeItem(atPath: file) }
        let ledger = try Ledger(path: plant.configuration.ledgerPath)
        let restored = try results.map { id, date in
            let inspection = Inspection(
                resultID: id, line: "a", createdAt: date, image: ImageInfo(path: "/w"), verdict: .normal)
            return (inspection, try DomainJSON.encoder().encode(inspection), "/spool/results/\(id)")
        }
        _ = try ledger.restore(restored.map { (inspection: $0.0, json: $0.1, path: $0.2) })
        return Plant(configuration: plant.configuration, ledger: ledger)
    }

    @Test func records_of_a_ledger_that_was_filled_again_come_once_but_for_the_last_minutes() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink(), now = Date().toTheMillisecond
            let dates = [-7200.0, -3600, -60, 0].map { now + $0 }
            try await plant.introduce(sink)
            for (number, date) in dates.enumerated() { try plant.record("a\(number)", at: date) }
            try await plant.run(sink) { try await wait(for: "four messages") { sink.messages.count == 4 } }
            // One that was not delivered before the ledger was lost.
            let lost = (id: "a4", date: now + 1)
            let later = try refilled(plant, dates.enumerated().map { ("a\($0)", $1) } + [lost])
            try later.record("a5", at: now + 2)
            try await later.run(sink) { try await wait(for: "the new ones") { sink.ids().last == "a5" } }
            #expect(sink.ids() == ["a0", "a1", "a2", "a3", "a2", "a3", "a4", "a5"])
        }
    }

    @Test func a_ledger_that_is_replaced_while_the_gateway_runs_is_followed() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink(), now = Date().toTheMillisecond
            try await plant.introduce(sink)
            try await plant.run(sink) {
                try plant.record("a0", at: now - 7200)
                try plant.record("a1", at: now)
                try await wait(for: "two messages") { sink.messages.count == 2 }
                let later = try refilled(plant, [("a0", now - 7200), ("a1", now)])
                try later.record("a2", at: now + 1)
                try await wait(for: "the new one") { sink.ids().last == "a2" }
            }
            #expect(sink.ids() == ["a0", "a1", "a1", "a2"])
        }
    }

    @Test func an_older_copy_of_the_ledger_hides_no_new_record() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink(), path = plant.configuration.ledgerPath, now = Date().toTheMillisecond
            try await plant.introduce(sink)
            try plant.record("a0", at: now - 7200)
            let copy = path + ".backup"
            try plant.ledger.rescue(through: copy) {
                try FileManager.default.copyItem(atPath: copy, toPath: path + ".kept")
            }
            for number in 1..<4 { try plant.record("a\(number)", at: now - 3600) }
            try await plant.run(sink) { try await wait(for: "four messages") { sink.messages.count == 4 } }
            for file in files(path) { try? FileManager.default.removeItem(atPath: file) }
            try FileManager.default.moveItem(atPath: path + ".kept", toPath: path)
            let later = Plant(configuration: plant.configuration, ledger: try Ledger(path: path))
            // Numbers that the sink has had, for other records.
            for number in 4..<10 { try later.record("a\(number)", at: now) }
            try await later.run(sink) { try await wait(for: "the new ones") { sink.ids().last == "a9" } }
            #expect(sink.ids() == (0..<10).map { "a\($0)" })
        }
    }

    @Test func removed_and_vacuumed_records_change_no_position() async throws {
        try await Plant.open { plant in
            let sink = ScriptedSink(), path = plant.configuration.ledgerPath
            try await plant.introduce(sink)
            for number in 0..<6 { try plant.record("a\(number)", at: Date(timeIntervalSince1970: Double(number))) }
            try await plant.run(sink) { try await wait(for: "six messages") { sink.messages.count == 6 } }
            #expect(try plant.ledger.forget(ForgettingLimit(before: Date()), sparing: []) == 5)
            try plant.ledger.rescue(through: path + ".new") {
                for file in files(path) { try FileManager.default.removeItem(atPath: file) }
                try FileManager.default.moveItem(atPath: path + ".new", toPath: path)
            }
            for number in 6..<9 { try plant.record("a\(number)") }
            try await plant.run(sink) { try await wait(for: "three more") { sink.messages.count == 9 } }
            #expect(sink.ids() == (0..<9).map { "a\($0)" })
        }
    }
}
