import Foundation
import InspectionDomain
import LedgerStore
import Synchronization
import TestSupport
import Testing

/// Threads that record at the same time share a commit; a failure of one does not affect the others.
@Suite struct SharedCommitsTests {
    private static let threads = 12

    private func inspection(_ id: String) -> Inspection {
        Inspection(
            resultID: id, line: "a", createdAt: Date(timeIntervalSince1970: 1), image: ImageInfo(path: "/w/\(id).jpg"),
            verdict: .normal, imageScore: 1)
    }

    /// The fault of the n-th commit, counted from 1.
    private final class Commits: Sendable {
        private let count = Mutex(0)
        let callers = Mutex(0)
        private let meets: @Sendable (Int) throws -> Void

        init(_ meets: @escaping @Sendable (Int) throws -> Void = { _ in }) { self.meets = meets }

        var number: Int { count.withLock { $0 } }

        func next() throws {
            let number = count.withLock {
                $0 += 1
                return $0
            }
            if number == 1 { waitForAll() }
            try meets(number)
        }

        /// The first commit lasts until all threads are there, and have had the time to ask for theirs.
        private func waitForAll() {
            while callers.withLock({ $0 }) < SharedCommitsTests.threads { Thread.sleep(forTimeInterval: 0.01) }
            Thread.sleep(forTimeInterval: 0.3 * patience)
        }
    }

    /// Every thread records `id` of its number.
    /// - Returns: the outcome of each.
    private func record(
        _ ledger: Ledger, _ commits: Commits, _ id: @escaping @Sendable (Int) -> String
    ) -> [Result<Bool, any Error>] {
        let told = Mutex<[Int: Result<Bool, any Error>]>([:])
        let group = DispatchGroup()
        for number in 0..<Self.threads {
            let inspection = inspection(id(number))
            group.enter()
            Thread.detachNewThread {
                commits.callers.withLock { $0 += 1 }
                let result = Result { try ledger.record(inspection, resultPath: "/r", alert: nil) }
                told.withLock { $0[number] = result }
                group.leave()
            }
        }
        group.wait()
        return told.withLock { told in (0..<Self.threads).compactMap { told[$0] } }
    }

    private func withLedger(_ commits: Commits, _ body: (Ledger) throws -> Void) throws {
        try withTemporaryFolder { folder in
            try body(try Ledger(path: folder.appendingPathComponent("ledger.sqlite").path) { try commits.next() })
        }
    }

    @Test func threads_that_arrive_during_a_commit_share_the_next() throws {
        let commits = Commits()
        try withLedger(commits) { ledger in
            let told = record(ledger, commits) { "\($0)" }
            let outcomes = try told.map { try $0.get() }, count = try ledger.count()
            #expect(outcomes == Array(repeating: true, count: Self.threads))
            #expect(count == Self.threads)
            #expect(commits.number <= Self.threads / 2, "\(commits.number) commits")
        }
    }

    @Test func a_frame_that_several_record_at_once_is_recorded_once() throws {
        let commits = Commits()
        try withLedger(commits) { ledger in
            let told = try record(ledger, commits) { "\($0 % 3)" }.map { try $0.get() }
            #expect(told.filter { $0 }.count == 3)
            #expect(try ledger.count() == 3)
        }
    }

    @Test func a_failed_shared_commit_is_retried_piece_by_piece() throws {
        struct Fault: Error {}
        // The first is alone, the second is that of all others, of which the fourth commit's record finds the disk
        // failing again.
        let commits = Commits { number in
            if number == 2 || number == 4 { throw Fault() }
        }
        try withLedger(commits) { ledger in
            let told = record(ledger, commits) { "\($0)" }
            #expect(told.filter { if case .failure(let error) = $0 { error is Fault } else { false } }.count == 1)
            let count = try ledger.count()
            #expect(count == Self.threads - 1)
            // The outcomes are true: no frame is recorded whose thread got an error.
            for (number, result) in told.enumerated() {
                let isRecorded = try ledger.contains("\(number)")
                #expect(isRecorded == ((try? result.get()) ?? false))
            }
            let isRecordedLater = try ledger.record(inspection("later"), resultPath: "/r", alert: nil)
            #expect(isRecordedLater)
        }
    }
}
