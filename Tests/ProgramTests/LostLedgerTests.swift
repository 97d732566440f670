import Foundation
import InspectionDomain
import TestSupport
import Testing

extension ProgramTests {
    /// Somebody cleans up, or puts a backup back, while inspectd runs or between two runs.
    @Suite struct LostLedger {
        enum Loss: String, CaseIterable, CustomTestStringConvertible {
            case everything, mainFile, log, replaced, stateFolder
            var testDescription: String { rawValue }

            func happen(in shop: Workshop, older: URL) throws {
                let ledger = shop.state.appendingPathComponent("ledger.sqlite").path
                switch self {
                case .everything: for suffix in ["", "-wal", "-shm"] { unlink(ledger + suffix) }
                case .mainFile: unlink(ledger)
                case .log: unlink(ledger + "-wal")
                case .replaced:
                    for suffix in ["", "-wal", "-shm"] { unlink(ledger + suffix) }
                    try FileManager.default.copyItem(atPath: older.path, toPath: ledger)
                case .stateFolder: try FileManager.default.removeItem(at: shop.state)
                }
            }
        }

        /// Inspects frames, good and bad ones, and takes their alerts as a consumer does.
        /// - Returns: ids of the alerts.
        private func inspect(_ numbers: Range<Int>, _ shop: Workshop) throws -> [String] {
            for index in numbers {
                let picture = try index % 2 == 0 ? Pictures.flawless(index) : Pictures.defective(index)
                try shop.drop(picture, as: "\(index).jpg")
            }
            try shop.waitForResults(numbers.upperBound)
            let anomalous = try shop.results().count { $0.inspection.verdict != .normal }
            var taken: [String] = []
            try wait(for: "the alerts") {
                taken = try shop.alerts().map(\.id)
                return try self.taken(shop).count + taken.count == anomalous
            }
            for id in taken { try consume(id, shop) }
            return taken
        }

        private func consumed(_ shop: Workshop) -> URL { shop.root.appendingPathComponent("consumed") }

        private func taken(_ shop: Workshop) throws -> [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: consumed(shop).path)) ?? []
        }

        private func consume(_ id: String, _ shop: Workshop) throws {
            try FileManager.default.createDirectory(at: consumed(shop), withIntermediateDirectories: true)
            // Fails when the same alert was taken before.
            try FileManager.default.moveItem(
                at: shop.spool.appendingPathComponent("alerts/new/\(id).json"),
                to: consumed(shop).appendingPathComponent(id))
        }

        private func expectAgreement(_ shop: Workshop, _ count: Int) throws {
            let results = try shop.results().map(\.inspection.resultID).sorted()
            #expect(results.count == count && Set(results).count == count)
            #expect(try shop.history().map(\.resultID).sorted() == results)
            #expect(try shop.archived().count == count)
            #expect(try shop.alerts().isEmpty, "an alert was delivered twice")
        }

        /// A ledger of the past, complete in one file.
        private func olderLedger(_ shop: Workshop) throws -> URL {
            let older = shop.root.appendingPathComponent("older.sqlite")
            _ = try shop.withDaemon { daemon in
                _ = try inspect(0..<2, shop)
                #expect(try daemon.stop() == 0)
            }
            try FileManager.default.copyItem(at: shop.state.appendingPathComponent("ledger.sqlite"), to: older)
            return older
        }

        @Test(arguments: Loss.allCases)
        func a_ledger_that_is_lost_while_inspectd_runs_is_written_anew_and_nothing_is_missing(_ loss: Loss) throws {
            try Workshop.open { shop in
                let older = try olderLedger(shop)
                try shop.withDaemon { daemon in
                    _ = try inspect(2..<8, shop)
                    try loss.happen(in: shop, older: older)
                    let message = try daemon.waitForLog("and was rebuilt: 8 inspections")
                    #expect(message.contains("ledger.sqlite"), "\(message)")
                    #expect(message.contains(".replaced-") == (loss == .replaced), "\(message)")
                    try daemon.waitForLog("intake resumed")
                    _ = try inspect(8..<14, shop)
                    try expectAgreement(shop, 14)
                    #expect(daemon.messages.count { $0.contains("was rebuilt") } == 1)
                    #expect(daemon.messages.count { $0.hasPrefix("intake stopped") } == 1)
                    #expect(try daemon.stop() == 0)
                }
                // Its models are gone too.
                if loss == .stateFolder { return }
                try shop.withDaemon { daemon in
                    #expect(!daemon.messages.contains { $0.contains("lacked") }, "\(daemon.messages)")
                    try expectAgreement(shop, 14)
                }
            }
        }

        @Test(arguments: [Loss.everything, .mainFile, .replaced])
        func a_ledger_that_is_lost_between_two_runs_is_filled_from_the_results(_ loss: Loss) throws {
            try Workshop.open { shop in
                let older = try olderLedger(shop)
                try shop.withDaemon { daemon in
                    _ = try inspect(2..<8, shop)
                    #expect(try daemon.stop() == 0)
                }
                let before = try shop.history()
                try loss.happen(in: shop, older: older)
                try shop.withDaemon { daemon in
                    let lost = loss == .replaced ? 6 : 8
                    try daemon.waitForLog("lacked \(lost) of 8 results on disk")
                    try daemon.waitForLog("intake resumed")
                    #expect(try shop.history() == before)
                    _ = try inspect(8..<10, shop)
                    try expectAgreement(shop, 10)
                }
            }
        }

        @Test func frames_that_stay_in_their_folder_are_not_inspected_twice_after_a_loss() throws {
            try Workshop.open(lines: [.init(after: "keep")]) { shop in
                for index in 0..<6 { try shop.drop(try Pictures.flawless(index), as: "\(index).jpg") }
                try shop.withDaemon { daemon in
                    try shop.waitForResults(6)
                    #expect(try daemon.stop() == 0)
                }
                let created = try shop.results().map(\.inspection.createdAt).sorted()
                try Loss.everything.happen(in: shop, older: shop.root)
                try shop.withDaemon { daemon in
                    try daemon.waitForLog("lacked 6 of 6 results on disk")
                    try shop.drop(try Pictures.flawless(6), as: "6.jpg")
                    try shop.waitForResults(7)
                    try Loss.everything.happen(in: shop, older: shop.root)
                    try daemon.waitForLog("and was rebuilt: 7 inspections")
                    try daemon.waitForLog("intake resumed")
                    try shop.drop(try Pictures.flawless(7), as: "7.jpg")
                    try shop.waitForResults(8)
                }
                #expect(try shop.results().map(\.inspection.createdAt).sorted().prefix(6) == created.prefix(6))
                #expect(try shop.history().count == 8 && shop.results().count == 8)
            }
        }

        @Test func a_crash_with_the_ledger_lost_leaves_one_record_and_one_alert_for_each_frame() throws {
            try Workshop.open { shop in
                // Enough frames that some remain when the first are done, on any machine.
                let count = 80
                for index in 0..<count {
                    try shop.drop(try Pictures.defective(index), as: "\(index).jpg")
                }
                try shop.withDaemon { daemon in
                    try shop.waitForFirstResults(4)
                    try Loss.everything.happen(in: shop, older: shop.root)
                    daemon.kill()
                }
                let restart = Date()
                try shop.withDaemon { _ in
                    try shop.waitForResults(count)
                    let later = try shop.results().map(\.inspection).filter { $0.createdAt > restart }
                    #expect(!later.isEmpty)
                    try wait(for: "the alerts of frames that were in progress") {
                        try Set(later.map(\.resultID)).isSubset(of: Set(shop.alerts().map(\.id)))
                    }
                }
                let results = try shop.results().map(\.inspection.resultID).sorted()
                #expect(results.count == count && Set(results).count == count)
                #expect(try shop.history().map(\.resultID).sorted() == results)
                let alerts = try shop.alerts().map(\.id)
                #expect(Set(alerts).count == alerts.count && Set(alerts).isSubset(of: Set(results)))
            }
        }
    }
}
