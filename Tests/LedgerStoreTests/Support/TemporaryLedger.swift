import LedgerStore
import TestSupport

/// A new ledger in a temporary folder, and its path.
func withLedger(_ body: (Ledger, String) throws -> Void) throws {
    try withTemporaryFolder { folder in
        let path = folder.appendingPathComponent("ledger.sqlite").path
        try body(try Ledger(path: path), path)
    }
}
