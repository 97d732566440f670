import LedgerStore
import LinuxPlatform
import Spooling

/// Where frames, results and records lie.
struct Storage: Sendable {
    /// Every durable call goes through it.
    let files: FileSystem
    let spool: Spool
    let ledger: Ledger
}
