import InspectionDomain
import LinuxPlatform

/// Freeing space: removes the oldest frames and results one by one until a number of bytes is free, if that can be
/// reached.
///
/// Nothing is removed for a goal that removing everything would not reach: other files fill the disk, and it would be
/// full again soon. The same applies if removals do not increase the free space.
extension Retention {
    struct Entry {
        let day: String
        let path: RawPath
        let bytes: Int
    }

    enum Choice {
        /// Oldest first; none when there is room enough.
        case reachable([Entry])
        /// In words.
        case unreachable(String)
    }

    package enum Outcome: Equatable {
        case enough(removed: Int)
        /// The reason for giving up, and the remedy.
        case givenUp(removed: Int, why: String)
    }

    /// Chooses the removals for a goal.
    func choose(
        _ minimum: Int, free: Int, _ memory: RetentionMemory, sparing gone: Set<String> = []
    ) throws -> Choice {
        guard free < minimum else { return .reachable([]) }
        var chosen: [Entry] = [], gained = 0
        for key in memory.inOrderOfAge where !gone.contains((spool.root / key).description) {
            for path in try entries(spool.root / key) {
                let entry = Entry(day: key, path: path, bytes: try size(path))
                if free + gained < minimum { chosen.append(entry) }
                gained += entry.bytes
            }
            if free + gained >= minimum { return .reachable(chosen) }
        }
        return .unreachable(
            "min_free of \(Quantity.text(bytes: minimum)) cannot be reached: \(Quantity.text(bytes: free)) are free in "
                + "\(spool.root), and all results and archived frames hold \(Quantity.text(bytes: gained)). Other files fill "
                + "the disk, so nothing is removed. Free space, or lower retention.min_free")
    }

    /// The amount removed before checking whether removal helps.
    private static let trial = (entries: 4, bytes: 8 << 20)

    /// Removes the oldest frames and results one by one until so many bytes are free.
    /// - Throws: `SystemError`.
    package func makeRoom(
        _ minimum: Int, _ memory: inout RetentionMemory, isStopped: () -> Bool = { false }
    ) throws -> Outcome {
        let start = try freeSpace()
        guard start < minimum else { return .enough(removed: 0) }
        guard memory.mayRemoveForSpace else {
            return .givenUp(removed: 0, why: Self.noHelp(start, minimum))
        }
        let chosen: [Entry]
        switch try choose(minimum, free: start, memory) {
        case .reachable(let entries): chosen = entries
        case .unreachable(let why): return .givenUp(removed: 0, why: why)
        }
        var removed = 0, bytes = 0, touched: Set<String> = []
        defer { for day in touched { if let seen = try? seen(spool.root / day) { memory.changed(seen) } } }
        for entry in chosen {
            guard try freeSpace() < minimum, !isStopped() else { break }
            try files.removeTree(entry.path)
            touched.insert(entry.day)
            (removed, bytes) = (removed + 1, bytes + entry.bytes)
            let isTrialOver = removed >= Self.trial.entries || bytes >= Self.trial.bytes || removed == chosen.count
            guard isTrialOver, try freeSpace() - start < bytes / 2 else { continue }
            // Some file systems give space back with their next commit.
            files.commitAll()
            guard try freeSpace() - start < bytes / 2 else { continue }
            memory.removingDidNotHelp()
            return .givenUp(removed: removed, why: Self.noHelp(try freeSpace(), minimum))
        }
        for day in touched where try entries(spool.root / day).isEmpty {
            try files.removeTree(spool.root / day)
            memory.gone(day)
        }
        return .enough(removed: removed)
    }

    private static func noHelp(_ free: Int, _ minimum: Int) -> String {
        "only \(Quantity.text(bytes: free)) free, \(Quantity.text(bytes: minimum)) wanted, and removing results and archived "
            + "frames did not help: other files fill the disk as fast. Removal pauses for some hours; free space, or lower "
            + "retention.min_free"
    }
}
