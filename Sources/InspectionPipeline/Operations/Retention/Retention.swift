import Foundation
import InspectionDomain
import LedgerStore
import LinuxPlatform
import Spooling

/// The retention policy at work: removes results and archived frames, oldest first, by age and while space is low;
/// never alerts or the quarantine.
///
/// Results and archive are in `<line>/<YYYY-MM-DD>/<stem>-<id>`. `RetentionMemory` knows the age of a day's folder; the
/// folders are listed, so a missing or damaged ledger removes nothing.
package struct Retention {
    /// One thing to remove.
    package struct Removal: Codable, Sendable, Equatable {
        package enum Reason: String, Codable, Sendable { case age, space }

        package let path: String
        package let reason: Reason
        package let bytes: Int
    }

    /// The removals that are due now.
    package struct Plan: Sendable, Equatable {
        package var removals: [Removal] = []
        /// Folders that seem old but are kept, with the reason; goals that cannot be reached.
        package var remarks: [String] = []
    }

    let spool: Spool
    let files: FileSystem
    /// Bytes free for results; a test substitutes its own file system.
    let freeSpace: () throws -> Int
    /// What a sink of the gateway has not had.
    let hold: DeliveryHold

    package init(spool: Spool, files: FileSystem = FileSystem(), hold: DeliveryHold = DeliveryHold()) {
        self.init(spool: spool, files: files, hold: hold, freeSpace: { try spool.freeSpace() })
    }

    package init(
        spool: Spool, files: FileSystem = FileSystem(), hold: DeliveryHold = DeliveryHold(),
        freeSpace: @escaping () throws -> Int
    ) {
        (self.spool, self.files, self.hold, self.freeSpace) = (spool, files, hold, freeSpace)
    }

    /// The stored memory, or a new one, updated with the clocks, the spool and the ledger.
    /// - Throws: `SystemError`, `LedgerError`.
    package func memory(state: String, ledger: Ledger?, reading: ClockReading? = nil) throws -> RetentionMemory {
        let (reading, seen) = (try reading ?? .now(), try days())
        switch try RetentionMemory.read(state: state, files) {
        case .memory(var memory):
            try observe(&memory, ledger, reading)
            return memory
        case .none: return RetentionMemory(reading, seen, ledger: try ledger?.order(checksAll: true))
        case .unreadable(let why): return RetentionMemory(reading, seen, ledger: try ledger?.order(), lost: why)
        }
    }

    /// Updates the memory, within one process.
    func observe(_ memory: inout RetentionMemory, _ ledger: Ledger?, _ reading: ClockReading) throws {
        memory.observe(reading, try days(), ledger: try ledger?.order(marked: memory.markedRow))
    }

    /// The removals due now: whole days by age, then single frames and results until `min_free` is kept.
    /// - Throws: `SystemError`.
    package func plan(_ policy: Configuration.RetentionPolicy, _ memory: RetentionMemory, now: Date = Date()) throws
        -> Plan
    {
        var (plan, memory) = (Plan(), memory)
        for key in expired(policy, &memory) {
            let path = spool.root / key
            plan.removals.append(Removal(path: path.description, reason: .age, bytes: try size(path)))
        }
        if let remark = doubts(policy, memory, now: now) { plan.remarks.append(remark) }
        if let remark = hold.words { plan.remarks.append(remark) }
        if let minimum = policy.minFree {
            let gone = Set(plan.removals.map(\.path))
            let free = try freeSpace() + plan.removals.reduce(0) { $0 + $1.bytes }
            switch try choose(minimum, free: free, memory, sparing: gone) {
            case .reachable(let entries):
                plan.removals += entries.map {
                    Removal(path: $0.path.description, reason: .space, bytes: $0.bytes)
                }
            case .unreachable(let remark): plan.remarks.append(remark)
            }
        }
        return plan
    }

    /// Days that are past their age for certain, as many as may go now.
    func expired(_ policy: Configuration.RetentionPolicy, _ memory: inout RetentionMemory) -> [String] {
        [("results", policy.results), ("archive", policy.archive)].flatMap { root, age -> [String] in
            guard let age else { return [] }
            let beyondHold = Set(hold.sequence == nil ? [] : memory.old(root, age + hold.time))
            let old = memory.old(root, age).filter { !hold.holds($0) || beyondHold.contains($0) }
            guard !old.isEmpty else { return [] }
            return Array(old.prefix(memory.allowance(root, of: memory.count(root))))
        }
    }

    /// The days that are past their age by the wall clock only and are kept; nil when there are none.
    func doubts(_ policy: Configuration.RetentionPolicy, _ memory: RetentionMemory, now: Date = Date()) -> String? {
        var keys: [String] = []
        for (root, age) in [("results", policy.results), ("archive", policy.archive)] {
            if let age { keys += memory.doubtful(root, age, now.timeIntervalSince1970) }
        }
        let clock = memory.clockDoubt(now.timeIntervalSince1970)
        guard !keys.isEmpty else {
            guard policy.results != nil || policy.archive != nil else { return nil }
            return clock.map {
                "\($0); ages continue by elapsed time, and nothing is removed because of the jump"
            }
        }
        let why = memory.doubt ?? clock ?? "inspectd has observed less time passing"
        return
            "\(keys.count) day\(keys.count == 1 ? "" : "s") of results or archived frames are past their age by their "
            + "names (\(keys[0])) but are kept: \(why). A day is removed once inspectd has seen it unchanged for that long; "
            + "remove it by hand if its name is right"
    }

    /// Removes days that are older than the policy's ages.
    /// - Returns: their folders.
    /// - Throws: `SystemError`.
    func removeExpired(
        _ policy: Configuration.RetentionPolicy, _ memory: inout RetentionMemory, isStopped: () -> Bool = { false }
    ) throws -> [RawPath] {
        var removed: [RawPath] = []
        for key in expired(policy, &memory) where !isStopped() {
            let path = spool.root / key
            try files.removeTree(path)
            memory.removed(String(key.prefix { $0 != "/" }), 1)
            removed.append(path)
        }
        return removed
    }

    /// The age at which an inspection is removed from the ledger: its results and archived frame are removed by then.
    /// Nil while one of the two is kept forever.
    package static func ledgerAge(_ policy: Configuration.RetentionPolicy) -> Duration? {
        guard let results = policy.results, let archive = policy.archive else { return nil }
        // A day's folder is removed up to a day after its first frame is old enough.
        return max(results, archive) + .seconds(86_400)
    }

    /// Lines whose inspections stay in the ledger: only it knows which frames that stay in their folder were inspected
    /// before.
    package static func keptLines(_ configuration: Configuration) -> Set<String> {
        Set(configuration.lines.filter { $0.after == .keep }.map(\.name))
    }

    // MARK: Listing

    /// Day folders of all lines.
    func days() throws -> [RetentionMemory.SeenDay] {
        try [spool.results, spool.archive].flatMap { root -> [RetentionMemory.SeenDay] in
            guard try files.exists(root) else { return [] }
            return try files.list(root).filter { $0.kind == .folder }.flatMap { line -> [RetentionMemory.SeenDay] in
                let folder = root.appending(line.name)
                return try files.list(folder)
                    .filter { $0.kind == .folder && RetentionMemory.start(ofDay: $0.name.description) != nil }
                    .map { try seen(folder.appending($0.name)) }
            }
        }
    }

    func seen(_ path: RawPath) throws -> RetentionMemory.SeenDay {
        let status = try files.status(path)
        return RetentionMemory.SeenDay(
            key: String(path.description.dropFirst(spool.root.description.count + 1)),
            print: "\(status.inode).\(status.modified)")
    }

    /// A day's frames or results in order of arrival.
    func entries(_ day: RawPath) throws -> [RawPath] {
        func id(_ name: RawPath) -> ArraySlice<UInt8> {
            name.stemAndExtension.stem.split(separator: UInt8(ascii: "-")).last ?? []
        }
        return try files.list(day).map(\.name).sorted { id($0).lexicographicallyPrecedes(id($1)) }
            .map { day.appending($0) }
    }

    func size(_ path: RawPath) throws -> Int {
        let status = try files.status(path)
        guard status.kind == .folder else { return status.size }
        return try files.list(path).reduce(0) { try $0 + size(path.appending($1.name)) }
    }
}
