import Foundation
import InspectionPipeline
import LinuxPlatform
import Synchronization
import TestSupport
import Testing

/// The gates that keep frames of a line or a folder from being taken.
@Suite(.serialized) struct LineGateTests {
    private let gates = LineGates()
    private let now = ContinuousClock.now
    private func path(_ index: Int, in folder: String = "/watch") -> RawPath { RawPath("\(folder)/\(index).jpg") }

    @Test func three_frames_that_fail_in_a_row_stop_their_line_and_no_other() {
        for index in 1...3 {
            #expect(gates.stopped("plate", folder: RawPath("/watch")) == nil)
            gates.failed(path(index), at: .line("plate"), "no", now: now)
        }
        #expect(gates.stopped("plate", folder: RawPath("/watch")) == "no")
        #expect(!gates.admits(path(4), line: "plate", isTaken: false, now: now))
        #expect(gates.admits(path(4), line: "lid", isTaken: false, now: now))
    }

    @Test func one_bad_frame_among_good_ones_stops_nothing() {
        for index in 1...50 {
            gates.failed(path(0), at: .line("plate"), "no", now: now)
            #expect(gates.admits(path(index), line: "plate", isTaken: false, now: now))
            gates.passed(.line("plate"))
        }
        for _ in 1...50 { gates.failed(path(0), at: .line("plate"), "no", now: now) }
        #expect(gates.admits(path(1), line: "plate", isTaken: false, now: now))
    }

    @Test func behind_a_closed_gate_one_frame_is_tried_after_growing_pauses_until_one_passes() {
        let folder = LineGates.Place.folder(line: "plate", RawPath("/watch"))
        gates.failed(path(1), at: folder, "no", isCertain: true, now: now)
        var tried: [Int] = []
        for second in 0..<300 {
            let time = now + .seconds(second)
            let admitted = (1...20).filter { gates.admits(path($0), line: "plate", isTaken: false, now: time) }
            #expect(admitted.count <= 1)
            for index in admitted {
                tried.append(second)
                gates.failed(path(index), at: folder, "no", now: time)
            }
        }
        #expect(tried == [1, 3, 7, 15, 31, 63, 123, 183, 243], "\(tried)")
        // Frames of another folder of the line, and those that were taken before, go on.
        #expect(gates.admits(path(1, in: "/watch/b"), line: "plate", isTaken: false, now: now))
        #expect(gates.admits(path(1), line: "plate", isTaken: true, now: now))
        #expect(gates.passed(folder))
        #expect(gates.admits(path(1), line: "plate", isTaken: false, now: now))
    }

    @Test func restored_permissions_end_the_pause() {
        gates.failed(path(1), at: .folder(line: "plate", RawPath("/watch")), "no", isCertain: true, now: now)
        gates.hasten { _ in false }
        #expect(!gates.admits(path(2), line: "plate", isTaken: false, now: now))
        gates.hasten { $0 == RawPath("/watch") }
        #expect(gates.admits(path(2), line: "plate", isTaken: false))
    }

    /// Moves out of the watched folder are refused for a while.
    @Test(arguments: [EPERM, EACCES, EIO])
    func a_folder_whose_frames_cannot_be_moved_is_one_message_and_its_frames_stay_in_it(code: Int32) async throws {
        try await withTemporaryFolder { root in
            let plant = try Plant(root), isRefused = Mutex(true)
            let watched = plant.watched, active = plant.spool / "active"
            let files = FileSystem { call, path in
                guard call == "rename", path.isInside(active), path.parent.parent == active else { return nil }
                return isRefused.withLock { $0 } && path.name != RawPath("claims.json") ? .error(code) : nil
            }
            for index in 0..<60 { try plant.arrive(RawPath("\(index).jpg"), try TinyFrames.jpeg(UInt64(index))) }
            var since: ContinuousClock.Instant?
            try await plant.run(files: files) {
                guard isRefused.withLock({ $0 }) else { return try plant.isIdle && plant.history().count == 60 }
                guard plant.log.count("intake stopped") > 0 else { return false }
                since = since ?? .now
                guard ContinuousClock.now - since! > .seconds(4) else { return false }
                #expect(plant.files(watched).count == 60)
                #expect(plant.log.count("error:") == 1, "\(plant.log.messages)")
                #expect(plant.files(active).isEmpty, "claims are left")
                isRefused.withLock { $0 = false }
                return false
            }
            #expect(plant.log.count("error:") == 1, "\(plant.log.messages)")
            #expect(plant.log.count("line plate: intake stopped") == 1)
            #expect(plant.log.count("can be taken from") == 1)
            #expect(try plant.results().count == 60 && plant.results().allSatisfy { $0.verdict != .error })
        }
    }

    /// A folder of the spool that belongs to another user.
    @Test(arguments: ["active", "tmp", "results/plate", "archive/plate"])
    func a_folder_of_the_spool_that_cannot_be_written_stops_the_intake_with_one_message(folder: String) async throws {
        try await withTemporaryFolder { root in
            let plant = try Plant(root), isRefused = Mutex(true)
            let closed = RawPath("\(plant.configuration.spool)/\(folder)")
            let files = FileSystem { call, path in
                guard ["mkdir", "rename", "unlink", "open"].contains(call), path != closed, path.isInside(closed) else {
                    return nil
                }
                // Reading is allowed: only calls that create or remove a name are refused.
                return isRefused.withLock { $0 } && call != "open" ? .error(EACCES) : nil
            }
            for index in 0..<400 { try plant.arrive(RawPath("\(index).jpg"), try TinyFrames.jpeg(UInt64(index))) }
            var since: ContinuousClock.Instant?
            try await plant.run(files: files) {
                guard isRefused.withLock({ $0 }) else { return try plant.isIdle && plant.history().count == 400 }
                guard plant.log.count("error:") > 0 else { return false }
                since = since ?? .now
                guard ContinuousClock.now - since! > .seconds(5) else { return false }
                #expect(plant.log.count("error:") <= 2, "\(plant.log.messages)")
                #expect(plant.files(plant.watched).count >= 100, "frames are taken although they cannot be finished")
                isRefused.withLock { $0 = false }
                return false
            }
            #expect(plant.log.count("error:") <= 2, "\(plant.log.messages)")
            #expect(try plant.results().count == 400 && plant.results().allSatisfy { $0.verdict != .error })
        }
    }
}
