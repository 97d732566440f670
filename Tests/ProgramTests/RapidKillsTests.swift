import Foundation
import SeededRandom
import Testing

extension ProgramTests {
    /// A supervisor, the kernel or somebody's script kills the daemon again and again, sooner than it can finish what
    /// it has begun.
    /// `make soak` runs the long one.
    @Suite struct RapidKillsSoak {
        private static let isSoak = Int(ProcessInfo.processInfo.environment["INSPECTD_SOAK_FRAMES"] ?? "") ?? 0 > 0

        @Test(.enabled(if: isSoak, "make soak"))
        func killed_twenty_times_within_ten_seconds_it_sets_only_broken_files_aside() throws {
            try Self.killAgainAndAgain(good: 300, broken: 30, kills: 20)
        }

        @Test func killed_every_few_tenths_of_a_second_it_sets_only_broken_files_aside() throws {
            try Self.killAgainAndAgain(good: 60, broken: 6, kills: 6)
        }

        private static func killAgainAndAgain(good: Int, broken: Int, kills: Int) throws {
            let seed = UInt64.random(in: 0...999_999)
            var random = SplitMix64(seed: seed)
            let comment = Comment(rawValue: "seed \(seed)")
            // Complete by their structure, so that no time passes before they are taken.
            let kinds = [BrokenFile.wrongChecksum, .pngBomb, .jpegBomb]
            let frames = try (0..<100).map { try $0 % 10 == 9 ? Pictures.defective($0) : Pictures.flawless($0) }
            try Workshop.open { shop in
                for index in 0..<good { try shop.drop(frames[index % frames.count], as: "frame-\(index).jpg") }
                for index in 0..<broken {
                    let kind = kinds[index % kinds.count]
                    try shop.drop(try kind.data(index), as: "broken-\(index).\(kind.ending)")
                }
                for _ in 0..<kills {
                    try shop.withDaemon(waits: false) { daemon in
                        usleep(UInt32.random(in: 200_000...500_000, using: &random))
                        daemon.kill()
                    }
                }
                try shop.withDaemon { daemon in
                    try wait(for: "the rest", upTo: 600) {
                        usleep(200_000)
                        return shop.files(in: shop.watched()).isEmpty && shop.inWork.isEmpty
                    }
                    #expect(try daemon.stop(within: 30) == 0)
                }
                let results = try shop.results().map(\.inspection)
                #expect(
                    results.count == good + broken && Set(results.map(\.image.path)).count == good + broken, comment)
                #expect(results.count { $0.verdict == .error } == broken, comment)
                #expect(try shop.history().count == good + broken, comment)
                #expect(try shop.archived().count == good && shop.quarantine().count == broken, comment)
                #expect(shop.inWork.isEmpty && shop.temporary.isEmpty, comment)
            }
        }
    }
}
