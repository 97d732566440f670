import Foundation
import InspectionDomain
import InspectionPipeline
import LedgerStore
import LinuxPlatform
import Spooling
import Synchronization
import TestSupport
import Testing

@Suite struct RetentionTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let policy = Configuration.RetentionPolicy(
        results: .seconds(30 * 86_400), archive: .seconds(7 * 86_400))

    private static func reading(_ date: Date = now, sinceBoot: Double = 1e6, boot: String = "a") -> ClockReading {
        ClockReading(wall: date.timeIntervalSince1970, sinceBoot: sinceBoot, boot: boot)
    }

    private static func day(_ before: Int) -> String {
        String((now - Double(before) * 86_400).formatted(Date.ISO8601FormatStyle()).prefix(10))
    }

    /// Two results and two archived frames for each of some days.
    private static func fill(_ spool: Spool, _ days: [String] = [0, 3, 8, 40].map(day)) throws {
        try spool.prepare()
        for day in days {
            for id in ["bb", "aa"] {
                let name = "part-\(id)"
                try FileSystem().makeFolder(spool.results / "plate" / day / name)
                try FileSystem().create(spool.results / "plate" / day / name / "result.json", Data(count: 1000))
                try FileSystem().makeFolder(spool.archive / "plate" / day)
                try FileSystem().create(spool.archive / "plate" / day / "\(name).jpg", Data(count: 5000))
            }
        }
        try FileSystem().makeFolder(spool.archive / "plate" / "notes")
    }

    /// The plan of a fresh start in a spool with these days.
    private static func plan(
        _ days: [String], _ policy: Configuration.RetentionPolicy = policy, at date: Date = now, free: Int? = nil,
        ledger: LedgerOrder? = nil
    ) throws -> Retention.Plan {
        try withTemporaryFolder { folder in
            let spool = Spool(root: folder.path)
            try fill(spool, days)
            let retention = free.map { free in Retention(spool: spool, freeSpace: { free }) } ?? Retention(spool: spool)
            let memory = try retention.memory(state: folder.path, ledger: nil, reading: reading(date))
            var plan = try retention.plan(policy, memory, now: date)
            let short = { (path: String) in String(path.dropFirst(folder.path.count)) }
            plan.removals = try DomainJSON.decoder().decode(
                [Retention.Removal].self,
                from: try JSONSerialization.data(
                    withJSONObject: plan.removals.map {
                        ["path": short($0.path), "reason": $0.reason.rawValue, "bytes": $0.bytes] as [String: Any]
                    }))
            #expect(try FileSystem().exists(spool.results / "plate" / days[0]), "a plan removed something")
            return plan
        }
    }

    @Test func days_beyond_their_age_are_planned_oldest_first_and_nothing_else() throws {
        let plan = try Self.plan([0, 3, 8, 40].map(Self.day))
        #expect(
            plan.removals.map(\.path) == [
                "/results/plate/\(Self.day(40))", "/archive/plate/\(Self.day(40))", "/archive/plate/\(Self.day(8))",
            ])
        #expect(plan.removals.map(\.bytes) == [2000, 10_000, 10_000] && plan.removals.allSatisfy { $0.reason == .age })
        #expect(plan.remarks.isEmpty)
    }

    @Test func at_most_a_third_is_removed_by_age_within_a_day() throws {
        let plan = try Self.plan((0...29).map(Self.day))
        #expect(plan.removals.count == 10 && plan.removals.allSatisfy { $0.path.hasPrefix("/archive/") })
        #expect(plan.removals.first?.path.hasSuffix(Self.day(29)) == true)
    }

    @Test(arguments: [-56.0, -3, 0.2, 5, 60])
    func with_the_clock_years_off_at_the_first_start_nothing_is_removed_and_a_message_says_so(years: Double) throws {
        let days = (0...60).map(Self.day)
        let plan = try Self.plan(days, at: Self.now + years * 365 * 86_400)
        #expect(plan.removals.isEmpty)
        // A clock that is behind makes nothing old.
        #expect(plan.remarks.count == (years > 0 ? 1 : 0), "\(plan.remarks)")
        if years > 0 { #expect(plan.remarks[0].contains("the newest record is of \(Self.day(0))")) }
    }

    @Test func records_from_the_future_make_nothing_old() throws {
        let plan = try Self.plan([0, 3, 40].map(Self.day) + ["2093-05-01"])
        #expect(plan.removals.isEmpty)
        #expect(plan.remarks.count == 1 && plan.remarks[0].contains("there are records of 2093-05-01"))
    }

    @Test(arguments: ["1970-01-01", "2000-01-01"])
    func frames_claimed_while_the_clock_was_unset_are_not_removed_as_old(name: String) throws {
        let plan = try Self.plan([0, 3].map(Self.day) + [name])
        #expect(plan.removals.isEmpty)
        #expect(plan.remarks.count == 1 && plan.remarks[0].contains("plate/\(name)"), "\(plan.remarks)")
    }

    @Test func out_of_order_times_in_the_ledger_are_not_trusted() throws {
        let seen = [0, 40].map { RetentionMemory.SeenDay(key: "archive/plate/\(Self.day($0))", print: "1") }
        func old(_ isOutOfOrder: Bool) -> [String] {
            let order = LedgerOrder(
                row: 9, id: "x", createdAt: Self.now.timeIntervalSince1970, isOutOfOrder: isOutOfOrder)
            return RetentionMemory(Self.reading(), seen, ledger: order).old("archive", .seconds(7 * 86_400))
        }
        #expect(old(false) == ["archive/plate/\(Self.day(40))"])
        #expect(old(true) == [])
    }

    @Test func a_clock_that_jumps_between_two_starts_makes_nothing_older() throws {
        try withTemporaryFolder { folder in
            let spool = Spool(root: folder.path)
            try Self.fill(spool, (0...6).map(Self.day))
            let retention = Retention(spool: spool)
            try retention.memory(state: folder.path, ledger: nil, reading: Self.reading())
                .write(state: folder.path, FileSystem())
            let later = Self.now + 5 * 365 * 86_400
            let memory = try retention.memory(
                state: folder.path, ledger: nil, reading: Self.reading(later, sinceBoot: 60, boot: "b"))
            let plan = try retention.plan(Self.policy, memory, now: later)
            #expect(plan.removals.isEmpty)
            #expect(plan.remarks.count == 1 && plan.remarks[0].contains("1825 days more than have passed"), "\(plan)")
        }
    }

    @Test func an_unreadable_memory_is_no_reason_to_trust_the_clock() throws {
        try withTemporaryFolder { folder in
            let spool = Spool(root: folder.path)
            try Self.fill(spool)
            try Data("{".utf8).write(to: folder.appendingPathComponent("retention.json"))
            let retention = Retention(spool: spool)
            let plan = try retention.plan(
                Self.policy, try retention.memory(state: folder.path, ledger: nil, reading: Self.reading()),
                now: Self.now)
            #expect(plan.removals.isEmpty)
            #expect(plan.remarks.count == 1 && plan.remarks[0].contains("retention.json is damaged"))
        }
    }

    @Test func a_replaced_ledger_forgets_nothing_by_the_order_of_the_previous_one() {
        let age = Duration.seconds(10 * 86_400)
        func order(_ row: Int64, _ id: String, marked: String?) -> LedgerOrder {
            LedgerOrder(row: row, id: id, createdAt: Self.now.timeIntervalSince1970, markedID: marked)
        }
        func after(_ days: Double) -> ClockReading {
            Self.reading(Self.now + days * 86_400, sinceBoot: 1e6 + days * 86_400)
        }
        var memory = RetentionMemory(after(0), [], ledger: order(100, "a", marked: nil))
        memory.observe(after(1), [], ledger: order(200, "b", marked: "a"))
        var replaced = memory
        memory.observe(after(12), [], ledger: order(300, "c", marked: "b"))
        #expect(memory.forgettable(age)?.row == 200)
        // Filled again from the results: the rows have other numbers.
        replaced.observe(after(12), [], ledger: order(300, "c", marked: "z"))
        #expect(replaced.forgettable(age) == nil)
    }

    @Test func the_ledger_remembers_as_long_as_results_or_archived_frames_may_be_there() {
        func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
        #expect(Retention.ledgerAge(.init(results: days(30), archive: days(7))) == days(31))
        #expect(Retention.ledgerAge(.init(results: days(7), archive: days(30))) == days(31))
        #expect(Retention.ledgerAge(.init(results: days(30))) == nil)
        #expect(Retention.ledgerAge(.init(archive: days(7))) == nil)
    }

    // MARK: Space

    @Test func for_space_the_oldest_go_one_by_one_in_order_of_arrival() throws {
        let days = [0, 3, 8, 40].map(Self.day)
        let plan = try Self.plan(days, .init(minFree: 107_000), free: 100_000)
        #expect(
            plan.removals.map(\.path) == [
                "/archive/plate/\(Self.day(40))/part-aa.jpg", "/archive/plate/\(Self.day(40))/part-bb.jpg",
            ])
        #expect(plan.removals.allSatisfy { $0.reason == .space } && plan.remarks.isEmpty)
        #expect(try Self.plan(days, .init(minFree: 1)).removals.isEmpty)
        #expect(try Self.plan(days, .init()).removals.isEmpty)
    }

    @Test func an_unreachable_goal_removes_nothing_and_reports_the_missing_space() throws {
        let plan = try Self.plan([0, 3, 8, 40].map(Self.day), .init(minFree: 1_000_000), free: 100_000)
        #expect(plan.removals.isEmpty)
        #expect(plan.remarks.count == 1 && plan.remarks[0].contains("cannot be reached: 97.7KiB are free"), "\(plan)")
    }

    /// Removes for space in a spool of twenty frames of 5,000 bytes and their results.
    /// - Parameter free: the free space that the file system reports, by the content of the spool.
    private static func makeRoom(
        _ minimum: Int, free: @escaping (_ held: Int) -> Int
    ) throws -> (outcome: String, left: Int, again: String) {
        try withTemporaryFolder { folder in
            let spool = Spool(root: folder.path)
            try fill(spool, (0..<10).map(day))
            func held() throws -> Int {
                let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
                return files.count { $0.hasSuffix(".jpg") } * 5000 + files.count { $0.hasSuffix("result.json") } * 1000
            }
            let retention = Retention(spool: spool, freeSpace: { free(try held()) })
            var memory = try retention.memory(state: folder.path, ledger: nil, reading: reading())
            let outcome = "\(try retention.makeRoom(minimum, &memory))"
            let left = try held()
            return (outcome, left, "\(try retention.makeRoom(minimum, &memory))")
        }
    }

    @Test func only_the_required_space_is_freed() throws {
        let result = try Self.makeRoom(120_000) { 200_000 - $0 }
        // Three days of 12,000 bytes, and one archived frame more.
        #expect(result.outcome.contains("enough(removed: 13)") && result.left == 79_000, "\(result)")
        #expect(result.again.contains("enough(removed: 0)"))
    }

    @Test func removing_stops_when_free_space_does_not_grow_by_it() throws {
        // Another program takes what becomes free.
        let result = try Self.makeRoom(60_000) { _ in 50_000 }
        #expect(result.outcome.contains("givenUp(removed: 2"), "\(result)")
        #expect(result.left > 100_000)
        #expect(result.again.contains("givenUp(removed: 0"), "it was tried again at once: \(result)")
    }
}
