import Foundation
import LinuxPlatform
import Spooling
import TestSupport
import Testing

/// The evidence about a frame's part in a process's death.
@Suite struct BlameTests {
    /// The only frame's claim after a restart.
    private func found(_ plant: Plant) throws -> Claim { try #require(try plant.spool.recover().first) }

    private func note(_ plant: Plant, _ run: String, _ text: String) throws {
        try FileSystem().create(plant.spool.crashNote(of: run), Data(text.utf8))
    }

    @Test func a_death_is_counted_for_a_frame_in_progress_and_not_for_one_that_rests() throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            let claim = try plant.takeFrame()
            #expect(try found(plant).deaths == 0, "its work had not begun")
            _ = try plant.spool.begin(claim)
            try plant.spool.rest(claim)
            #expect(try found(plant).deaths == 0, "the disk was full, and the process killed while the frame waited")
            _ = try plant.spool.begin(claim)
            let once = try found(plant)
            #expect((once.deaths, once.deathsAlone, once.attempts) == (1, 0, 1))
            for _ in 0..<3 { _ = try plant.spool.begin(try found(plant), alone: true) }
            let often = try found(plant)
            #expect((often.deaths, often.deathsAlone, often.crashes) == (4, 3, []))
        }
    }

    @Test func a_note_counts_once_however_often_its_removal_is_interrupted() throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            let claim = try plant.takeFrame()
            _ = try plant.spool.begin(claim)
            let cut = try Plant(
                folder, fileSystem: FileSystem { call, _ in call == "unlink" ? .error(EIO) : nil })
            try note(plant, "run1", "11 fault \(claim.id)\n")
            for _ in 0..<3 { #expect(throws: SystemError.self) { try cut.spool.settleCrashNotes(except: nil) } }
            #expect(try plant.spool.settleCrashNotes(except: nil).map(\.frame) == [claim.id])
            #expect(try found(plant).crashes == [SIGSEGV])
            #expect(try plant.spool.settleCrashNotes(except: nil).isEmpty, "the note is gone")

            try note(plant, "run2", "6 watchdog \(claim.id)\n")
            _ = try plant.spool.settleCrashNotes(except: nil)
            #expect(try found(plant).crashes == [SIGSEGV, SIGABRT])
        }
    }

    @Test func a_note_without_a_frame_or_for_one_that_has_left_blames_none() throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            let claim = try plant.takeFrame()
            _ = try plant.spool.begin(claim)
            try note(plant, "run1", "11 sent -\n7 hardware -\n11 fault gone\n11 fault -\n")
            #expect(try plant.spool.settleCrashNotes(except: nil).count == 4)
            #expect(try found(plant).crashes.isEmpty)
        }
    }

    @Test func the_living_process_s_own_note_is_left_alone() throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            let claim = try plant.takeFrame()
            try note(plant, "mine", "11 fault \(claim.id)\n")
            #expect(try plant.spool.settleCrashNotes(except: "mine").isEmpty)
            #expect(try plant.spool.settleCrashNotes(except: "next").count == 1)
        }
    }

    @Test func an_earlier_version_s_count_and_a_torn_line_are_no_proof() throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            let claim = try plant.takeFrame()
            let log = claim.frame.parent / ".begun"
            try FileSystem().append(log, Data("\(claim.id)\n".utf8))
            let former = try found(plant)
            #expect((former.deaths, former.deathsAlone, former.crashes) == (1, 0, []))
            try FileSystem().append(log, Data("\(claim.id) crash".utf8))
            _ = try plant.spool.begin(former, alone: true)
            #expect(try found(plant).crashes.isEmpty)
        }
    }
}
