import Foundation
import ImageFolders
import LinuxPlatform
import Spooling
import Synchronization
import TestSupport
import Testing

/// A power cut loses everything that was not synced. The preconditions of a step must be durable before it.
@Suite struct DurabilityTests {
    /// The calls in the life of a frame, in order, and the position of the ledger's commit.
    private final class Diary: Sendable {
        struct Entry: Equatable {
            let call: String
            let path: RawPath
        }

        private let entries = Mutex<[Entry]>([])

        var fileSystem: FileSystem {
            FileSystem { call, path in
                self.note(call, path)
                return nil
            }
        }

        func note(_ call: String, _ path: RawPath) { entries.withLock { $0.append(Entry(call: call, path: path)) } }

        func count(_ call: String) -> Int { entries.withLock { $0.count { $0.call == call } } }

        /// Whether the calls were made in this order, others between them.
        func holds(_ wanted: [(call: String, path: RawPath)]) -> Bool {
            entries.withLock { entries in
                var rest = entries[...]
                for (call, path) in wanted {
                    guard let found = rest.firstIndex(of: Entry(call: call, path: path)) else { return false }
                    rest = rest[(found + 1)...]
                }
                return true
            }
        }
    }

    private static let commit = ("commit", RawPath("ledger"))

    /// Takes a frame from its arrival to the archive.
    private func live(_ plant: Plant, _ diary: Diary) throws -> Claim {
        let claim = try plant.takeFrame()
        _ = try plant.spool.begin(claim)
        try plant.spool.publish(["result.json": Data([1]), "overlay.jpg": Data([2])], for: claim)
        diary.note("commit", RawPath("ledger"))
        try plant.spool.archive(claim)
        return claim
    }

    @Test func each_step_of_a_frame_is_durable_before_the_next_relies_on_it() throws {
        try withTemporaryFolder { folder in
            let diary = Diary()
            let plant = try Plant(folder, fileSystem: diary.fileSystem)
            let claim = try live(plant, diary)
            let (root, watch) = (plant.spool.root, RawPath(plant.watch))
            let sheet = claim.frame.parent
            let building = root / "tmp" / claim.id
            let results = plant.spool.resultFolder(claim), archived = plant.spool.archivePath(claim)

            // The claim and its name, before the frame leaves its folder.
            #expect(
                diary.holds([
                    ("fsync", sheet / "claims.json"), ("fsync", sheet), ("fsync", root / "active"),
                    ("rename", claim.frame),
                ]))
            // The frame's move is durable before it is reported: else it would arrive a second time.
            #expect(diary.holds([("rename", claim.frame), ("fsync", sheet), Self.commit]))
            #expect(diary.holds([("rename", claim.frame), ("fsync", watch), Self.commit]))
            // Every result's content is durable before it appears, and its path before the ledger names it.
            for name in ["result.json", "overlay.jpg"] {
                #expect(
                    diary.holds([
                        ("fsync", building / name), ("fsync", building), ("rename", results), ("fsync", results.parent),
                        Self.commit,
                    ]))
            }
            // The frame's last move is durable before its claim is removed.
            #expect(
                diary.holds([
                    Self.commit, ("rename", archived), ("fsync", archived.parent),
                    ("unlink", sheet / "claims.json"),
                ]))
        }
    }

    @Test func frames_that_are_claimed_together_share_their_syncs() throws {
        try withTemporaryFolder { folder in
            let diary = Diary()
            let plant = try Plant(folder, fileSystem: diary.fileSystem)
            try plant.spool.prepare()
            for index in 0..<8 { try plant.arrive(RawPath("\(index).jpg"), "picture") }
            var inbox = Inbox(folder: plant.watch)
            let arrivals = try inbox.scan().images
            let before = diary.count("fsync")
            let claims = try plant.spool.claim(arrivals.map { Intake($0, line: "a", keeps: false) })
            #expect(try plant.spool.take(claims).allSatisfy { try $0.get() })
            // Record, its folder, `active`; then that folder with the frames, and the watched one.
            #expect(diary.count("fsync") - before == 5)
            for claim in claims {
                #expect(diary.holds([("rename", claim.frame), ("fsync", claim.frame.parent)]))
                #expect(diary.holds([("rename", claim.frame), ("fsync", RawPath(plant.watch))]))
            }
        }
    }

    @Test func a_frame_whose_share_went_away_after_it_was_taken_is_published() throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            let claim = try plant.takeFrame()
            try FileSystem().removeFolder(RawPath(plant.watch))
            // Again, as after a restart.
            try #require(try plant.spool.take(claim))
            let results = try plant.spool.publish(["result.json": Data([1])], for: claim)
            #expect(plant.files(results).map(\.name) == [RawPath("result.json")])
        }
    }
}
