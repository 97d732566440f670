import Foundation
import InspectionDomain
import LedgerStore
import Synchronization
import TestSupport
import Testing

/// Changes of a ledger's files while it is open.
@Suite struct DisplacedLedgerTests {
    private static func inspection(_ id: String) -> Inspection {
        Inspection(
            resultID: id, line: "plate", createdAt: Date(timeIntervalSince1970: 1_800_000_000),
            image: ImageInfo(path: "/watch/\(id).jpg"), verdict: .anomalous, imageScore: 2)
    }

    private static func alert(_ id: String) -> Alert {
        Alert(id: id, kind: .anomaly, line: "plate", createdAt: Date(), message: id)
    }

    private func withLedger(_ body: (Ledger) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let ledger = try Ledger(path: folder.appendingPathComponent("ledger.sqlite").path)
            try ledger.record(Self.inspection("a"), resultPath: "/results/a", alert: Self.alert("a"))
            try body(ledger)
        }
    }

    private func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

    private func rescue(_ ledger: Ledger) throws {
        let copy = ledger.path + ".new"
        try ledger.rescue(through: copy) {
            for suffix in ["", "-wal", "-shm"] { unlink(ledger.path + suffix) }
            try FileManager.default.moveItem(atPath: copy, toPath: ledger.path)
        }
    }

    @Test func removed_and_replaced_files_are_distinguished_from_unchanged_ones() throws {
        try withLedger { ledger in
            #expect(ledger.displacement == nil)
            let wal = try Data(contentsOf: URL(fileURLWithPath: ledger.path + "-wal"))
            try remove(ledger.path + "-wal")
            #expect(ledger.displacement == .logRemoved)
            try wal.write(to: URL(fileURLWithPath: ledger.path + "-wal"))
            #expect(ledger.displacement == .logRemoved)
            try remove(ledger.path)
            #expect(ledger.displacement == .removed)
            try Data("another".utf8).write(to: URL(fileURLWithPath: ledger.path))
            #expect(ledger.displacement == .replaced)
        }
    }

    @Test(arguments: [["", "-wal", "-shm"], [""], ["-wal"], ["-wal", "-shm"]])
    func a_rescued_ledger_holds_all_records_and_alerts_and_is_in_use_at_its_path(removed: [String]) throws {
        try withLedger { ledger in
            for suffix in removed { try remove(ledger.path + suffix) }
            try ledger.record(Self.inspection("b"), resultPath: "/results/b", alert: Self.alert("b"))
            try rescue(ledger)
            #expect(ledger.displacement == nil)
            try ledger.record(Self.inspection("c"), resultPath: "/results/c", alert: nil)
            #expect(try ledger.missing(of: ["a", "b", "c", "d"]) == ["d"])
            let other = try Ledger(path: ledger.path, readOnly: true)
            #expect(try other.count() == 3)
            #expect(try Set(other.pendingAlerts().map(\.id)) == ["a", "b"])
            #expect(try ledger.isFullySynchronous)
            try ledger.verify()
        }
    }

    @Test func no_record_of_threads_that_write_meanwhile_is_lost() throws {
        try withLedger { ledger in
            let isDone = Mutex(false), failures = Mutex<[String]>([])
            let group = DispatchGroup()
            for thread in 0..<4 {
                DispatchQueue.global().async(group: group) {
                    for index in 0..<200 {
                        do {
                            try ledger.record(Self.inspection("\(thread)-\(index)"), resultPath: "/r", alert: nil)
                        } catch { failures.withLock { $0.append("\(error)") } }
                    }
                }
            }
            DispatchQueue.global().async(group: group) {
                while !isDone.withLock({ $0 }) {
                    do { try rescue(ledger) } catch { failures.withLock { $0.append("\(error)") } }
                    usleep(20_000)
                }
            }
            Thread.sleep(forTimeInterval: 0.5)
            isDone.withLock { $0 = true }
            group.wait()
            #expect(failures.withLock { $0 } == [])
            let count = try Ledger(path: ledger.path, readOnly: true).count()
            #expect(count == 801)
        }
    }

    @Test func results_are_restored_together_once_and_without_alerts() throws {
        try withLedger { ledger in
            let results = try ["a", "b", "c"].map { id in
                let inspection = Self.inspection(id)
                return (inspection: inspection, json: try DomainJSON.encoder().encode(inspection), path: "/r/\(id)")
            }
            #expect(try ledger.restore(results) == 2)
            #expect(try ledger.restore(results) == 0)
            #expect(try ledger.count() == 3 && ledger.pendingAlerts().map(\.id) == ["a"])
        }
    }
}
