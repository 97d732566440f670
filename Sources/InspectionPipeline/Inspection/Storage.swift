import LedgerStore
import LinuxPlatform
import Spooling

/// The storage of frames, results and records.
struct Storage: Sendable {
    /// Every durable call goes through it.
    let files: FileSystem
    let spool: Spool
    let ledger: Ledger
}
