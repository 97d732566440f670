import Foundation
import InspectionDomain
import LinuxPlatform
import Spooling

/// Which results and archived frames go, oldest first: by age, and while the disk is low. Never alerts, never the quarantine.
///
/// What is there is listed; the ledger is not asked, so a missing or damaged one removes nothing. Results and archive lie in
/// `<line>/<YYYY-MM-DD>/<stem>-<id>`: the day is the age, and ids begin with the time of arrival.
public struct Retention {
    /// One thing to remove.
    public struct Removal: Codable, Sendable, Equatable {
        public enum Reason: String, Codable, Sendable { case age, space }

        public let path: String
        public let reason: Reason
        public let bytes: Int
    }

    private let spool: Spool
    private let files: FileSystem

    public init(spool: Spool, files: FileSystem = FileSystem()) {
        self.spool = spool
        self.files = files
    }

    /// What would be removed now: whole days by age, then single frames and results until `min_free` would be kept.
    /// - Throws: `SystemError`.
    public func plan(_ policy: Configuration.Retention, now: Date = Date()) throws -> [Removal] {
        var plan: [Removal] = []
        for (root, age) in [(spool.results, policy.results), (spool.archive, policy.archive)] {
            guard let age else { continue }
            for day in try expired(root, age, now) {
                plan.append(Removal(path: day.path.description, reason: .age, bytes: try size(day.path)))
            }
        }
        guard let minimum = policy.minFree else { return plan }
        let gone = Set(plan.map(\.path))
        var free = try spool.freeSpace() + plan.reduce(0) { $0 + $1.bytes }
        for day in try allDays() where free < minimum && !gone.contains(day.path.description) {
            for entry in try entries(day) where free < minimum {
                let bytes = try size(entry)
                plan.append(Removal(path: entry.description, reason: .space, bytes: bytes))
                free += bytes
            }
        }
        return plan
    }

    /// Removes days that are older than the policy's ages.
    /// - Returns: their folders.
    /// - Throws: `SystemError`.
    func removeExpired(
        _ policy: Configuration.Retention, now: Date = Date(), isStopped: () -> Bool = { false }
    ) throws -> [(path: RawPath, age: Duration)] {
        var removed: [(path: RawPath, age: Duration)] = []
        for (root, age) in [(spool.results, policy.results), (spool.archive, policy.archive)] {
            guard let age else { continue }
            for day in try expired(root, age, now) where !isStopped() {
                try files.removeTree(day.path)
                removed.append((day.path, age))
            }
        }
        return removed
    }

    /// Removes the oldest frames and results one by one until so many bytes are free.
    /// - Returns: how many went.
    /// - Throws: `SystemError`.
    func makeRoom(_ minimum: Int, isStopped: () -> Bool = { false }) throws -> Int {
        var removed = 0
        for day in try allDays() {
            guard try spool.freeSpace() < minimum else { return removed }
            for entry in try entries(day) {
                guard try spool.freeSpace() < minimum, !isStopped() else { return removed }
                try files.removeTree(entry)
                removed += 1
            }
            try files.removeTree(day.path)
        }
        return removed
    }

    private struct Day {
        let date: String
        let path: RawPath
    }

    /// Inspections made before this moment go from the ledger: by then their results and archived frames have gone by age. Nil
    /// while one of the two is kept for ever.
    public static func ledgerLimit(_ policy: Configuration.Retention, now: Date = Date()) -> Date? {
        guard let results = policy.results, let archive = policy.archive else { return nil }
        return DomainJSON.date(from: firstDay(max(results, archive), now) + "T00:00:00.000Z")
    }

    /// Lines whose inspections stay in the ledger: it alone knows which of the frames that stay in their folder were seen before.
    public static func keptLines(_ configuration: Configuration) -> Set<String> {
        Set(configuration.lines.filter { $0.after == .keep }.map(\.name))
    }

    /// A day goes when all of it is older than the age.
    private func expired(_ root: RawPath, _ age: Duration, _ now: Date) throws -> [Day] {
        let limit = Self.firstDay(age, now)
        return try days(of: root).filter { $0.date < limit }
    }

    /// The first day, UTC, that is not wholly older than the age.
    private static func firstDay(_ age: Duration, _ now: Date) -> String {
        String((now - age.inSeconds).formatted(Date.ISO8601FormatStyle()).prefix(10))
    }

    private func allDays() throws -> [Day] {
        try (days(of: spool.archive) + days(of: spool.results)).sorted { $0.date < $1.date }
    }

    /// Day folders of all lines, oldest first.
    private func days(of root: RawPath) throws -> [Day] {
        try files.list(root).filter { $0.kind == .folder }.flatMap { line -> [Day] in
            let folder = root.appending(line.name)
            return try files.list(folder).filter { $0.kind == .folder && Self.isDay($0.name.description) }
                .map { Day(date: $0.name.description, path: folder.appending($0.name)) }
        }.sorted { $0.date < $1.date }
    }

    /// A day's frames or results in order of arrival.
    private func entries(_ day: Day) throws -> [RawPath] {
        func id(_ name: RawPath) -> ArraySlice<UInt8> {
            name.stemAndExtension.stem.split(separator: UInt8(ascii: "-")).last ?? []
        }
        return try files.list(day.path).map(\.name).sorted { id($0).lexicographicallyPrecedes(id($1)) }
            .map { day.path.appending($0) }
    }

    private func size(_ path: RawPath) throws -> Int {
        let status = try files.status(path)
        guard status.kind == .folder else { return status.size }
        return try files.list(path).reduce(0) { try $0 + size(path.appending($1.name)) }
    }

    private static func isDay(_ name: String) -> Bool {
        name.count == 10
            && name.utf8.enumerated().allSatisfy { index, byte in
                index == 4 || index == 7 ? byte == UInt8(ascii: "-") : (0x30...0x39).contains(byte)
            }
    }
}
