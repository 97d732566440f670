import Foundation
import InspectionDomain
import InspectionPipeline
import LinuxPlatform
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A disk that is full or read-only for a while.
@Suite(.serialized) struct PressureTests {
    @Test(arguments: [ENOSPC, EROFS])
    func an_unwritable_disk_stops_the_intake_with_one_message_and_intake_resumes_automatically(
        code: Int32
    ) async throws {
        try await withTemporaryFolder { folder in
            let plant = try Plant(folder)
            let disk = FaultyDisk(seed: 1, rarity: 0)
            for index in 0..<6 { try plant.arrive(RawPath("before-\(index).jpg"), try TinyFrames.jpeg(UInt64(index))) }
            var (phase, since) = (0, ContinuousClock.now)
            try await plant.run(on: disk) {
                let elapsed = ContinuousClock.now - since
                switch phase {
                case 0 where plant.isIdle:
                    disk.fail(everythingWith: code)
                    for index in 0..<40 {
                        try plant.arrive(RawPath("during-\(index).jpg"), try TinyFrames.jpeg(UInt64(100 + index)))
                    }
                    (phase, since) = (1, .now)
                case 1 where elapsed > .seconds(3):
                    // Nothing has moved, and the log was not flooded.
                    let recorded = try plant.history().count
                    #expect(recorded == 6)
                    #expect(plant.log.count("intake stopped") == 1, "\(plant.log.messages)")
                    #expect(plant.log.count("error:") <= 4, "\(plant.log.messages)")
                    disk.fail(everythingWith: nil)
                    (phase, since) = (2, .now)
                case 2:
                    return try plant.isIdle && plant.history().count == 46
                default: break
                }
                return false
            }
            #expect(phase == 2)
            #expect(plant.log.count("intake resumed") == 1)
            #expect(try plant.results().count == 46 && plant.history().count == 46)
            #expect(plant.files(plant.spool / "archive").count == 46)
            #expect(try plant.results().allSatisfy { $0.verdict != .error })
        }
    }

    @Test func with_a_full_disk_at_the_start_the_frames_in_progress_wait_for_space() async throws {
        try await withTemporaryFolder { folder in
            let plant = try Plant(folder)
            try plant.arrive(RawPath("part.jpg"), try TinyFrames.jpeg(1))
            // The power fails with the frame in progress.
            for calls in stride(from: 30, through: 200, by: 10) where plant.files(plant.spool / "active").isEmpty {
                let cut = FaultyDisk(seed: 1, rarity: 0, powerFailsAfter: calls)
                try await plant.run(on: cut, for: .seconds(5)) { plant.isIdle && !plant.files(plant.spool).isEmpty }
            }
            try #require(!plant.files(plant.spool / "active").isEmpty, "the frame was never caught in work")
            let disk = FaultyDisk(seed: 1, rarity: 0)
            disk.fail(everythingWith: ENOSPC)
            try await plant.run(on: disk) {
                // Space is free again only once the daemon has met the full disk, however long it takes to start.
                if plant.log.count("cannot resume the frames") >= 1 { disk.fail(everythingWith: nil) }
                return plant.isIdle
            }
            #expect(plant.log.count("cannot resume the frames") >= 1)
            #expect(try plant.results().map(\.verdict).contains(.error) == false)
            #expect(try plant.history().count == 1 && plant.files(plant.spool / "archive").count == 1)
        }
    }
}
