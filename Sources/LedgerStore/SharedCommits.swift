import GRDB
import Synchronization

/// One commit for the transactions of all threads that wait for one.
///
/// A commit takes as long as the disk needs, whatever its size, and meanwhile other threads arrive. The next of them to
/// get its turn commits for all that wait; those find their work done when their turn comes. A single thread never
/// waits.
final class SharedCommits: Sendable {
    typealias Body = @Sendable (Database) throws -> Bool

    private final class Entry: Sendable {
        let body: Body
        let outcome = Mutex<Result<Bool, any Error>?>(nil)

        init(_ body: @escaping Body) { self.body = body }

        func settle(_ result: Result<Bool, any Error>) { outcome.withLock { $0 = result } }
    }

    private let waiting = Mutex<[Entry]>([])

    /// Returns when the changes of `body` are committed or rolled back.
    ///
    /// - Parameter body: may run twice, the first time rolled back: a failed transaction is retried piece by piece, so
    ///   that one caller's failure does not affect the others.
    /// - Throws: the errors of `body`, `beforeCommit` or the commit.
    func write(
        _ current: () -> OpenLedger, beforeCommit: Ledger.BeforeCommit?, _ body: @escaping Body
    ) throws -> Bool {
        let entry = Entry(body)
        waiting.withLock { $0.append(entry) }
        while entry.outcome.withLock({ $0 == nil }) { settle(in: current(), current, beforeCommit) }
        guard let outcome = entry.outcome.withLock({ $0 }) else { preconditionFailure("settled a moment ago") }
        return try outcome.get()
    }

    /// Commits all waiting changes, this thread's included, unless another thread has done so.
    private func settle(in open: OpenLedger, _ current: () -> OpenLedger, _ beforeCommit: Ledger.BeforeCommit?) {
        // One thread at a time.
        open.database.writeWithoutTransaction { database in
            // The ledger may have moved on to another file while this thread waited for its turn.
            guard current() === open else { return }
            let entries = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            do {
                try Self.commit(entries, database, beforeCommit)
            } catch {
                if entries.count == 1 { return entries[0].settle(.failure(error)) }
                for entry in entries {
                    do { try Self.commit([entry], database, beforeCommit) } catch { entry.settle(.failure(error)) }
                }
            }
        }
    }

    private static func commit(
        _ entries: [Entry], _ database: Database, _ beforeCommit: Ledger.BeforeCommit?
    ) throws {
        guard !entries.isEmpty else { return }
        var results: [Bool] = []
        try database.inTransaction {
            for entry in entries { results.append(try entry.body(database)) }
            try beforeCommit?()
            return .commit
        }
        for (entry, result) in zip(entries, results) { entry.settle(.success(result)) }
    }
}
