import Foundation
import InspectionDomain
import InspectionPipeline
import LedgerStore
import LinuxPlatform
import SeededRandom
import Testing

/// A year of a plant whose computer's clock is not always right. Whatever the clock, nothing is removed before it is
/// really old enough.
@Suite struct RetentionSimulationTests {
    private static let hour = 3600.0, day = 86_400.0
    private static let age = Duration.seconds(30 * 86_400)
    /// The ages for which the plant keeps results and frames.
    private static let ledgerAge = Retention.ledgerAge(.init(results: age, archive: age)) ?? .zero

    /// The times when the machine runs, and its clock.
    struct Story: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Hours that a start lasts and that the machine is off afterwards.
        var on: ClosedRange<Double> = 24...24
        var off: ClosedRange<Double> = 0...0
        /// The clock's error when the machine starts, and the hours after which it is corrected; nil for never.
        var error:
            @Sendable (_ start: Int, _ time: Double, _ random: inout SplitMix64) -> (by: Double, until: Double?) = {
                _, _, _ in (0, nil)
            }
        /// The delay after which the last files of a day must be removed.
        var delay = 4 * 86_400.0
    }

    /// Sets a date, whatever the time is.
    private static func to(_ date: Double, _ time: Double) -> Double { date - time }

    static let stories = [
        Story(testDescription: "always on, always right", on: 2000...4000),
        Story(testDescription: "off every night", on: 10...10, off: 14...14, delay: 6 * day),
        Story(testDescription: "off over the weekend", on: 110...110, off: 58...58, delay: 7 * day),
        Story(
            testDescription: "at 1970 until a time server answers", on: 20...90, off: 0.1...20,
            error: { _, time, random in (to(Double.random(in: 0...100, using: &random), time), 1) }, delay: 6 * day),
        Story(
            testDescription: "years ahead for one start", on: 40...200, off: 0.1...3,
            error: { start, _, _ in (start == 12 ? 5 * 365 * day : 0, nil) }, delay: 9 * day),
        Story(
            testDescription: "years ahead until somebody notices, again and again", on: 40...400, off: 0.1...3,
            error: { start, _, random in (start % 3 == 1 ? Double.random(in: 20...4000, using: &random) * day : 0, 30)
            },
            delay: 30 * day),
        Story(
            testDescription: "a dead battery and no network", on: 100...300, off: 0.1...2,
            error: { _, time, _ in (to(946_684_800, time), nil) }, delay: 12 * day),
        Story(
            testDescription: "local time taken for UTC until a time server answers", on: 10...10, off: 14...14,
            error: { _, _, _ in (2 * hour, 1) }, delay: 8 * day),
        Story(
            testDescription: "local time of the other side of the world", on: 20...60, off: 1...20,
            error: { _, _, _ in (-11 * hour, 0.5) }, delay: 8 * day),
        Story(
            testDescription: "anything", on: 1...300, off: 0...100,
            error: { _, time, random in
                switch Int.random(in: 0..<6, using: &random) {
                case 0: (to(0, time), Double.random(in: 0.1...40, using: &random))
                case 1:
                    (Double.random(in: 10...9000, using: &random) * day, Double.random(in: 0.1...200, using: &random))
                case 2: (-Double.random(in: 10...9000, using: &random) * day, nil)
                case 3:
                    (Double.random(in: -12...12, using: &random) * hour, Double.random(in: 0.1...10, using: &random))
                default: (0, nil)
                }
            }, delay: 300 * day),
    ]

    /// The content of the spool and the ledger, with the true times, which the daemon does not know.
    private struct World {
        var folders: [String: (changes: Int, newest: Double)] = [:]
        var rows: [(row: Int64, created: Double, made: Double)] = []
        var nextRow: Int64 = 1

        var seen: [RetentionMemory.SeenDay] {
            folders.map { RetentionMemory.SeenDay(key: $0.key, print: "\($0.value.changes)") }
        }

        var order: LedgerOrder? {
            rows.last.map { LedgerOrder(row: $0.row, id: "\($0.row)", createdAt: $0.created) }
        }

        func order(marked: Int64?) -> LedgerOrder? {
            guard let last = order else { return nil }
            let markedID = marked.flatMap { row in rows.contains { $0.row == row } ? "\(row)" : nil }
            return LedgerOrder(row: last.row, id: last.id, createdAt: last.createdAt, markedID: markedID)
        }

        mutating func record(wall: Double, time: Double) {
            let name = DomainJSON.string(from: Date(timeIntervalSince1970: wall)).prefix(10)
            let key = "results/plate/\(name)"
            folders[key] = ((folders[key]?.changes ?? 0) + 1, time)
            rows.append((nextRow, wall, time))
            nextRow += 1
        }
    }

    @Test(arguments: stories, 1...3 as ClosedRange<UInt64>)
    func nothing_is_removed_before_it_is_old_enough_and_old_days_are_removed_soon(_ story: Story, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var (world, time, start) = (World(), 1_790_000_000.0, 0)
        let end = time + 365 * Self.day
        // A plant that has worked for two months, with a clock that was right.
        for step in stride(from: -60 * 24.0, to: 0, by: 3) {
            world.record(wall: time + step * Self.hour, time: time + step * Self.hour)
        }
        var memory: RetentionMemory?
        var worst = 0.0
        while time < end {
            let boot = time, error = story.error(start, time, &random)
            let stop = time + Double.random(in: story.on, using: &random) * Self.hour
            while time < min(stop, end) {
                let isRight = error.until.map { time - boot >= $0 * Self.hour } ?? false
                let wall = time + (isRight ? 0 : error.by)
                let reading = ClockReading(wall: wall, sinceBoot: time - boot, boot: "\(start)")
                if var known = memory {
                    known.observe(reading, world.seen, ledger: world.order(marked: known.markedRow))
                    memory = known
                } else {
                    memory = RetentionMemory(reading, world.seen, ledger: world.order)
                }
                Self.remove(&memory, &world, time, Comment(rawValue: "\(story.testDescription), seed \(seed)"))
                if time > 1_790_000_000 + 60 * Self.day {
                    worst = max(worst, world.folders.values.map { time - $0.newest }.max() ?? 0)
                }
                world.record(wall: wall, time: time)
                time += 0.5 * Self.hour
            }
            time = max(time, stop) + Double.random(in: story.off, using: &random) * Self.hour
            start += 1
        }
        #expect(worst <= 30 * Self.day + story.delay, "the oldest was \(worst / Self.day) days old; seed \(seed)")
    }

    private static func remove(
        _ memory: inout RetentionMemory?, _ world: inout World, _ time: Double, _ comment: Comment
    ) {
        guard var known = memory else { return }
        let old = known.old("results", age)
        if !old.isEmpty {
            for key in old.prefix(known.allowance("results", of: world.folders.count)) {
                let newest = world.folders[key]?.newest ?? 0
                if time - newest < 30 * day {
                    Issue.record("\(key) went when it was \((time - newest) / day) days old; \(comment)")
                }
                world.folders[key] = nil
                known.removed("results", 1)
            }
        }
        if let limit = known.forgettable(ledgerAge), let last = world.rows.last?.row {
            let before = limit.before.timeIntervalSince1970
            let gone = world.rows.filter {
                $0.row < last && ($0.row <= limit.row || $0.row <= limit.believedRow && $0.created < before)
            }
            if let youngest = gone.map(\.made).max(), time - youngest < 30 * day {
                Issue.record("a row went when it was \((time - youngest) / day) days old; \(comment)")
            }
            let rows = Set(gone.map(\.row))
            if !rows.isEmpty { world.rows.removeAll { rows.contains($0.row) } }
        }
        memory = known
    }
}
