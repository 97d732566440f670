import Foundation
import LedgerStore
import LinuxPlatform
import SeededRandom
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A disk that misbehaves by a seed: some calls fail, are interrupted or move only a few bytes; and from one
/// moment on, no call has an effect, as after a power failure.
final class FaultyDisk: Sendable {
    private struct State {
        var random: SplitMix64
        /// Calls until the power fails; nil for never.
        var remaining: Int?
        var faults = 0
        /// The errno with which every call fails.
        var blanket: Int32?
    }

    private let state: Mutex<State>
    /// One call in this many misbehaves; 0 for none.
    private let rarity: Int

    init(seed: UInt64, rarity: Int, powerFailsAfter calls: Int? = nil) {
        state = Mutex(State(random: SplitMix64(seed: seed), remaining: calls))
        self.rarity = rarity
    }

    /// Not `open`: a full disk can be read.
    private static let changing: Set = [
        "write", "fsync", "rename", "unlink", "mkdir", "rmdir", "utimensat", "commit",
    ]

    var fileSystem: FileSystem { FileSystem { call, path in self.fault(call, path) } }

    var beforeCommit: Ledger.BeforeCommit {
        {
            if case .error(let code) = self.fault("commit", RawPath("ledger")), code != EINTR {
                throw LedgerError(
                    path: "ledger", reason: "injected: \(code)", isTransient: true, cannotWrite: code == ENOSPC)
            }
        }
    }

    var hasPower: Bool { state.withLock { $0.remaining.map { $0 > 0 } ?? true } }
    /// The number of calls that have misbehaved so far.
    var faults: Int { state.withLock { $0.faults } }

    /// Makes every call that changes something fail; nil ends it.
    func fail(everythingWith code: Int32?) { state.withLock { $0.blanket = code } }

    private func fault(_ call: String, _ path: RawPath) -> FileSystem.Fault? {
        state.withLock { state in
            if let remaining = state.remaining {
                if remaining <= 0 { return .error(EIO) }
                state.remaining = remaining - 1
            }
            if let code = state.blanket, Self.changing.contains(call) {
                state.faults += 1
                return .error(code)
            }
            guard rarity > 0, Int.random(in: 0..<rarity, using: &state.random) == 0 else { return nil }
            state.faults += 1
            if call == "read" || call == "write", Bool.random(using: &state.random) {
                return .short(Int.random(in: 1...64, using: &state.random))
            }
            return .error([EINTR, EIO, ENOSPC, EACCES].randomElement(using: &state.random) ?? EIO)
        }
    }
}
