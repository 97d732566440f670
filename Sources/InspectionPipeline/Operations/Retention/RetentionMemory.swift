import Foundation
import InspectionDomain
import LedgerStore
import LinuxPlatform

/// Retention's own observations: the time since which nothing was added to a day's folder, and the row of the ledger
/// that was the last at a time. `retention.json` in the state folder.
///
/// Pure: it takes readings of the clocks and the spool, and returns what is old for certain. Names of folders and times
/// in the ledger come from the wall clock, so they are trusted only once, when there is no memory yet and nothing
/// contradicts them. From then on a folder is as old as the time that has passed, by `PlantClock`, since it was last
/// seen to change; and a row of the ledger is older than every row that was recorded after it.
package struct RetentionMemory: Codable, Sendable, Equatable {
    static let currentSchema = 1

    /// A folder of results or of archived frames, as a listing shows it.
    package struct SeenDay: Equatable {
        /// `results/<line>/<YYYY-MM-DD>`
        let key: String
        /// Changes whenever something is added or removed.
        let print: String

        package init(key: String, print: String) { (self.key, self.print) = (key, print) }

        var root: String { String(key.prefix { $0 != "/" }) }
        var name: String { String(key.suffix(10)) }
        /// The end of the day it is named after, UTC.
        var end: Double { (RetentionMemory.start(ofDay: name) ?? 0) + 86_400 }
    }

    struct Day: Codable, Equatable {
        var print: String
        /// Plant time since which nothing was added.
        var quietSince: Double
    }

    struct Mark: Codable, Equatable {
        let row: Int64
        let id: String
        /// Plant time by which the row existed.
        let at: Double
    }

    /// The number of removals of a kind still allowed within a day of running.
    struct Share: Codable, Equatable {
        let since: Double
        let limit: Int
        var removed = 0
    }

    private(set) var schema = currentSchema
    package private(set) var clock: PlantClock
    private var days: [String: Day] = [:]
    private var marks: [Mark] = []
    /// The ledger's last row when the memory began, if the times of the rows up to it are trusted.
    private var believed: Mark?
    private var shares: [String: Share] = [:]
    /// The reason why the names from before the memory began are not trusted.
    package private(set) var doubt: String?
    /// Running time until which nothing is removed for space, because it did not help.
    private var noHelpUntil: Double?

    enum CodingKeys: String, CodingKey {
        case schema, clock, days, marks, believed, shares, doubt
        case noHelpUntil = "no_help_until"
    }

    /// Begins a memory.
    /// - Parameter lost: the reason why an earlier memory is unreadable: then no name is trusted.
    package init(_ reading: ClockReading, _ seen: [SeenDay], ledger: LedgerOrder?, lost: String? = nil) {
        clock = PlantClock(reading)
        doubt = lost ?? Self.contradiction(reading, seen, ledger)
        for day in seen {
            // No inspection is older than the program, and none is from the future.
            let isCredible = doubt == nil && day.name >= Self.firstCredibleDay && day.end <= reading.wall + 2 * 86_400
            days[day.key] = Day(print: day.print, quietSince: isCredible ? day.end : clock.latest)
        }
        if doubt == nil, let ledger { believed = Mark(row: ledger.row, id: ledger.id, at: clock.latest) }
    }

    private static let firstCredibleDay = "2020-01-01"
    /// The newest record and the present are further apart only after a longer break, or when a clock is wrong.
    private static let longestPause = 5 * 86_400.0

    /// The reason why names and times are not trusted; nil for none.
    private static func contradiction(_ reading: ClockReading, _ seen: [SeenDay], _ ledger: LedgerOrder?) -> String? {
        let newest = [seen.map { $0.end - 86_400 }.max(), ledger?.createdAt].compactMap(\.self)
        for time in newest {
            let (now, then) = (text(reading.wall), text(time))
            if time > reading.wall + 86_400 { return "the clock says \(now), and there are records of \(then)" }
            if time < reading.wall - longestPause {
                return "the clock says \(now), and the newest record is of \(then)"
            }
        }
        if let ledger, ledger.isOutOfOrder {
            return
                "the ledger's times are not in the order in which they were recorded, so the clock was wrong at times"
        }
        return nil
    }

    static func text(_ time: Double) -> String {
        String(DomainJSON.string(from: Date(timeIntervalSince1970: time)).prefix(10))
    }

    static func start(ofDay name: String) -> Double? {
        DomainJSON.date(from: name + "T00:00:00.000Z")?.timeIntervalSince1970
    }

    // MARK: Observing

    /// Takes readings of the clocks, the spool and the ledger.
    package mutating func observe(_ reading: ClockReading, _ seen: [SeenDay], ledger: LedgerOrder?) {
        let breakAfter = clock.observe(reading), now = clock.latest
        if let breakAfter {
            for (key, day) in days where day.quietSince > breakAfter { days[key]?.quietSince = now }
            marks = marks.map { $0.at > breakAfter ? Mark(row: $0.row, id: $0.id, at: now) : $0 }
        }
        var next: [String: Day] = [:]
        for day in seen {
            let known = days[day.key]
            next[day.key] = known?.print == day.print ? known : Day(print: day.print, quietSince: now)
        }
        days = next
        mark(ledger, now)
    }

    private mutating func mark(_ ledger: LedgerOrder?, _ now: Double) {
        guard let ledger else { return }
        // Rows count in order of recording only while it is the same ledger: one that was replaced or filled again
        // starts again.
        let latest = marks.last ?? believed
        if let latest, ledger.row < latest.row || ledger.markedID != nil && ledger.markedID != latest.id {
            (marks, believed) = ([], nil)
        }
        guard marks.last.map({ $0.row < ledger.row && now - $0.at >= 3600 }) ?? true else { return }
        marks.append(Mark(row: ledger.row, id: ledger.id, at: now))
        // One per hour of the last two days, one per day of all before.
        marks = marks.enumerated().filter { index, mark in
            index == 0 || now - mark.at < 2 * 86_400 || Int(mark.at / 86_400) != Int(marks[index - 1].at / 86_400)
        }.map(\.element)
    }

    /// The row by which the ledger's identity is checked.
    package var markedRow: Int64? { (marks.last ?? believed)?.row }

    // MARK: Judging

    /// Folders of a root whose whole content is older than an age for certain, oldest first.
    package func old(_ root: String, _ age: Duration) -> [String] {
        days.filter { $0.key.hasPrefix(root + "/") && clock.certain - $0.value.quietSince >= age.inSeconds }
            .sorted { ($0.value.quietSince, $0.key) < ($1.value.quietSince, $1.key) }.map(\.key)
    }

    /// Folders that are past an age by their names, but not for certain.
    func doubtful(_ root: String, _ age: Duration, _ wall: Double) -> [String] {
        days.filter { key, day in
            key.hasPrefix(root + "/") && clock.certain - day.quietSince < age.inSeconds
                && (Self.start(ofDay: String(key.suffix(10))).map { wall - $0 - 86_400 >= age.inSeconds } ?? false)
        }.map(\.key).sorted()
    }

    /// The number of folders of a root.
    func count(_ root: String) -> Int { days.keys.count { $0.hasPrefix(root + "/") } }

    /// The wall clock's error, in words; nil for none.
    func clockDoubt(_ wall: Double) -> String? {
        clock.astray.map {
            let days = Int((abs($0.by) / 86_400).rounded())
            return
                "the clock says \(Self.text(wall)), \(days) days \($0.by > 0 ? "more" : "less") than have passed since "
                + "inspectd last checked"
        }
    }

    /// All folders, the oldest first as far as known.
    var inOrderOfAge: [String] {
        days.sorted {
            ($0.value.quietSince, $0.key.suffix(10), $0.key) < ($1.value.quietSince, $1.key.suffix(10), $1.key)
        }
        .map(\.key)
    }

    /// Rows of the ledger that are older than an age for certain; nil for none.
    package func forgettable(_ age: Duration) -> ForgettingLimit? {
        let row = marks.last { clock.certain - $0.at >= age.inSeconds }?.row ?? 0
        let limit = ForgettingLimit(
            row: row, believedRow: believed?.row ?? 0,
            before: Date(timeIntervalSince1970: clock.certain - age.inSeconds))
        return limit.row > 0 || limit.believedRow > 0 ? limit : nil
    }

    /// The number of a kind that may be removed now: a third of them within a day of running, whatever the evidence,
    /// and at least two.
    package mutating func allowance(_ kind: String, of total: Int, atLeast least: Int = 2) -> Int {
        if let share = shares[kind], clock.running - share.since < PlantClock.confirmation {
            return max(0, share.limit - share.removed)
        }
        shares[kind] = Share(since: clock.running, limit: max(least, (total + 2) / 3))
        return shares[kind]?.limit ?? 0
    }

    /// Counts removals by age.
    package mutating func removed(_ kind: String, _ count: Int) { shares[kind]?.removed += count }

    /// A removal by retention itself does not count as a change of the folder.
    mutating func changed(_ day: SeenDay) { days[day.key]?.print = day.print }

    /// The folder was removed.
    mutating func gone(_ key: String) { days[key] = nil }

    // MARK: Space

    private static let restAfterNoHelp = 6 * 3600.0

    /// Whether removing for space is allowed: not for some hours of running after it did not help.
    var mayRemoveForSpace: Bool { noHelpUntil.map { clock.running >= $0 } ?? true }

    mutating func removingDidNotHelp() { noHelpUntil = clock.running + Self.restAfterNoHelp }

    // MARK: Stored

    static func path(state: String) -> RawPath { RawPath(state) / "retention.json" }

    enum Stored {
        case none
        case memory(RetentionMemory)
        /// Damaged, or of a newer program.
        case unreadable(String)
    }

    /// - Throws: `SystemError` when the file cannot be read.
    static func read(state: String, _ files: FileSystem) throws -> Stored {
        do {
            let data = try files.read(path(state: state), limit: 1 << 26)
            guard let memory = try? DomainJSON.decoder().decode(RetentionMemory.self, from: data),
                memory.schema == currentSchema
            else { return .unreadable("\(path(state: state)) is damaged, or of another version of inspectd") }
            return .memory(memory)
        } catch let error as SystemError where error.isMissing {
            return .none
        }
    }

    /// - Throws: `SystemError`.
    package func write(state: String, _ files: FileSystem) throws {
        try DurableFile.write(
            try DomainJSON.encoder(pretty: false).encode(self), to: Self.path(state: state),
            fileSystem: files)
    }
}
