import Dispatch
import LedgerStore
import LinuxPlatform
import Synchronization

/// The ledger as another user reads it beside `inspectd`: opened when it is there, and again when another file takes its
/// place. Reads run one at a time on a queue of their own.
package final class RecordReader: Sendable {
    package let path: String
    private let queue = DispatchQueue(label: "ledger")
    private let open = Mutex<Ledger?>(nil)

    package init(path: String) { self.path = path }

    /// - Throws: `LedgerError`, `SystemError`; the ledger is opened again next time.
    package func read<Value: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try self.readNow(body) }) }
        }
    }

    /// The same for a thread that may block.
    /// - Throws: `LedgerError`, `SystemError`.
    package func readBlocking<Value>(_ body: (Ledger) throws -> Value) throws -> Value {
        try queue.sync { try readNow(body) }
    }

    private func readNow<Value>(_ body: (Ledger) throws -> Value) throws -> Value {
        do {
            return try body(try current())
        } catch {
            // A connection that failed once may be to a file that is gone.
            open.withLock { $0 = nil }
            throw error
        }
    }

    private func current() throws -> Ledger {
        if let ledger = open.withLock({ $0 }), ledger.displacement == nil { return ledger }
        // SQLite only says that it cannot open the file.
        guard try !FileSystem().exists(RawPath(path)) || FileSystem().permits(.read, RawPath(path)) else {
            throw SystemError("access", RawPath(path))
        }
        let ledger = try Ledger(path: path, readOnly: true)
        open.withLock { $0 = ledger }
        return ledger
    }
}
