import Foundation
import InspectionDomain
import InspectionPipeline
import LinuxPlatform
import Spooling
import TestSupport
import Testing

@Suite struct RetentionTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    private static func day(_ before: Int) -> String {
        String((now - Double(before) * 86_400).formatted(Date.ISO8601FormatStyle()).prefix(10))
    }

    private static func fill(_ spool: Spool) throws {
        try spool.prepare()
        for before in [0, 3, 8, 40] {
            for id in ["bb", "aa"] {
                let name = "part-\(id)"
                try FileSystem().makeFolder(spool.results / "plate" / day(before) / name)
                try FileSystem().create(
                    spool.results / "plate" / day(before) / name / "result.json", Data(count: 1000))
                try FileSystem().makeFolder(spool.archive / "plate" / day(before))
                try FileSystem().create(spool.archive / "plate" / day(before) / "\(name).jpg", Data(count: 5000))
            }
        }
        try FileSystem().makeFolder(spool.archive / "plate" / "notes")
    }

    @Test func days_beyond_their_age_are_planned_oldest_first_and_nothing_else() throws {
        try withTemporaryFolder { folder in
            let spool = Spool(root: folder.path)
            try Self.fill(spool)
            let policy = Configuration.Retention(results: .seconds(30 * 86_400), archive: .seconds(7 * 86_400))
            let plan = try Retention(spool: spool).plan(policy, now: Self.now)
            let paths = plan.map { $0.path.dropFirst(folder.path.count) }
            #expect(
                paths == [
                    "/results/plate/\(Self.day(40))", "/archive/plate/\(Self.day(40))", "/archive/plate/\(Self.day(8))",
                ])
            #expect(plan.map(\.bytes) == [2000, 10_000, 10_000] && plan.allSatisfy { $0.reason == .age })
            #expect(try FileSystem().exists(spool.results / "plate" / Self.day(40)), "a plan removed something")
        }
    }

    @Test func the_ledger_remembers_as_long_as_results_or_archived_frames_may_be_there() throws {
        func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
        let limit = try #require(Retention.ledgerLimit(.init(results: days(30), archive: days(7)), now: Self.now))
        #expect(DomainJSON.string(from: limit) == "\(Self.day(30))T00:00:00.000Z")
        #expect(Retention.ledgerLimit(.init(results: days(7), archive: days(30)), now: Self.now) == limit)
        #expect(Retention.ledgerLimit(.init(results: days(30)), now: Self.now) == nil)
        #expect(Retention.ledgerLimit(.init(archive: days(7)), now: Self.now) == nil)
    }

    @Test func for_space_the_oldest_go_one_by_one_in_order_of_arrival() throws {
        try withTemporaryFolder { folder in
            let spool = Spool(root: folder.path)
            try Self.fill(spool)
            let free = try spool.freeSpace()
            let plan = try Retention(spool: spool).plan(.init(minFree: free + 7000), now: Self.now)
            // Other programs write to the disk too, so that the exact end is not ours to say.
            let first = plan.prefix(2).map { $0.path.dropFirst(folder.path.count) }
            #expect(
                first == [
                    "/archive/plate/\(Self.day(40))/part-aa.jpg", "/archive/plate/\(Self.day(40))/part-bb.jpg",
                ])
            #expect(plan.allSatisfy { $0.reason == .space })
            #expect(try Retention(spool: spool).plan(.init(minFree: 1), now: Self.now).isEmpty)
            #expect(try Retention(spool: spool).plan(.init(), now: Self.now).isEmpty)
        }
    }
}
