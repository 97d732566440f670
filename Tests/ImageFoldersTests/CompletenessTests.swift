import Foundation
import ImageFolders
import Imaging
import InspectionDomain
import LinuxPlatform
import SampleFrames
import Testing

/// The state machine of a file that is being written, in simulated time.
@Suite struct CompletenessTests {
    static let path = RawPath("/camera/a.jpg")
    static let start = ContinuousClock.now
    static let image = Result {
        try SampleFrames.flawless(.plate, index: 7, size: .init(width: 96, height: 64)).encodedJPEG(quality: 80)
    }

    /// A file as the kernel and its bytes show it.
    struct File {
        var data = Data()
        var inode: UInt64 = 1
        var changes: Int64 = 0
        var isOpen: Bool?

        var status: FileStatus {
            FileStatus(
                kind: .file, size: data.count, modified: changes, changed: changes, inode: inode, device: 1)
        }

        mutating func write(_ bytes: Data, at offset: Int? = nil) {
            let at = offset ?? data.count
            if data.count < at + bytes.count { data.append(Data(count: at + bytes.count - data.count)) }
            data.replaceSubrange(at..<(at + bytes.count), with: bytes)
            changes += 1
        }
    }

    static func judge(
        _ machine: inout Completeness, _ file: File, path: RawPath = path, at seconds: Double, age: Duration = .zero
    ) throws -> Completeness.Judgement {
        let probe = Completeness.Probe(
            structure: {
                try FileStructure.walk(size: file.data.count) { Data(file.data.dropFirst($0).prefix($1)) }
            }, isOpen: { file.isOpen })
        return try machine.judge(path, file.status, age: age, now: start + .seconds(seconds), probe)
    }

    @Test func a_frame_that_its_writer_closed_is_whole_at_once() throws {
        var machine = Completeness(settle: .seconds(30))
        machine.note(Self.path, .open)
        machine.note(Self.path, .closed)
        let whole = try Self.judge(&machine, File(data: try Self.image.get()), at: 0)
        #expect(whole == .whole)
    }

    @Test func a_frame_with_data_behind_its_end_that_was_renamed_into_place_is_whole_at_once() throws {
        var machine = Completeness(settle: .seconds(30))
        machine.note(Self.path, .closed)
        let whole = try Self.judge(&machine, File(data: try Self.image.get() + Data("DHAV".utf8)), at: 0)
        #expect(whole == .whole)
    }

    @Test func a_frame_with_an_unknown_writer_is_whole_after_a_quiet_second() throws {
        var machine = Completeness(settle: .seconds(30))
        let file = File(data: try Self.image.get())
        let first = try Self.judge(&machine, file, at: 0)
        #expect(first == .rests(until: Self.start + .seconds(1)))
        let second = try Self.judge(&machine, file, at: 1)
        #expect(second == .whole)
    }

    @Test func a_frame_that_is_long_unchanged_is_whole_at_once() throws {
        var machine = Completeness(settle: .seconds(30))
        let whole = try Self.judge(&machine, File(data: try Self.image.get()), at: 0, age: .seconds(60))
        #expect(whole == .whole)
    }

    @Test func an_old_file_without_its_end_rests_all_the_same() throws {
        var machine = Completeness(settle: .seconds(30))
        let half = File(data: try Self.image.get().prefix(500))
        let first = try Self.judge(&machine, half, at: 0, age: .seconds(1e6))
        #expect(!first.isTaken)
        let later = try Self.judge(&machine, half, at: 29)
        #expect(!later.isTaken)
        let last = try Self.judge(&machine, half, at: 30)
        #expect(last == .settled(isOpen: false))
    }

    @Test func a_file_made_empty_and_filled_later_is_not_taken_empty() throws {
        var machine = Completeness(settle: .seconds(30))
        machine.note(Self.path, .closed)
        var file = File()
        let empty = try Self.judge(&machine, file, at: 0)
        #expect(!empty.isTaken)
        file.write(try Self.image.get())
        machine.note(Self.path, .open)
        let open = try Self.judge(&machine, file, at: 20)
        #expect(!open.isTaken)
        machine.note(Self.path, .closed)
        let whole = try Self.judge(&machine, file, at: 20.1)
        #expect(whole == .whole)
    }

    @Test func a_writer_that_keeps_a_whole_file_open_is_waited_for_until_it_settles() throws {
        var machine = Completeness(settle: .seconds(30))
        machine.note(Self.path, .open)
        let file = File(data: try Self.image.get())
        let first = try Self.judge(&machine, file, at: 0)
        #expect(first == .rests(until: Self.start + .seconds(30)))
        let last = try Self.judge(&machine, file, at: 30)
        #expect(last == .settled(isOpen: true))
    }

    @Test func the_kernel_s_report_outweighs_the_notifications() throws {
        var machine = Completeness(settle: .seconds(30))
        machine.note(Self.path, .closed)
        var file = File(data: try Self.image.get())
        file.isOpen = true
        let open = try Self.judge(&machine, file, at: 0)
        #expect(!open.isTaken)
        file.isOpen = false
        let closed = try Self.judge(&machine, file, at: 0.1)
        #expect(closed == .whole)
    }

    @Test func an_unannounced_change_makes_the_writer_unknown() throws {
        var machine = Completeness(settle: .seconds(30))
        machine.note(Self.path, .closed)
        var file = File(data: try Self.image.get().prefix(900))
        let first = try Self.judge(&machine, file, at: 0)
        #expect(!first.isTaken)
        file.write(try Self.image.get().dropFirst(900))
        let changed = try Self.judge(&machine, file, at: 5)
        #expect(changed == .rests(until: Self.start + .seconds(6)))
    }

    @Test func a_hole_is_waited_for_until_the_writer_closes() throws {
        let large = SampleFrames.flawless(.plate, index: 4, size: .init(width: 640, height: 480))
        let data = try large.encodedJPEG(quality: 95)
        var file = File(data: data)
        file.write(Data(count: 8192), at: data.count / 2 / 4096 * 4096)
        var machine = Completeness(settle: .seconds(30))
        let hole = try Self.judge(&machine, file, at: 0, age: .seconds(60))
        #expect(hole == .rests(until: Self.start + .seconds(30)))
        machine.note(Self.path, .closed)
        let closed = try Self.judge(&machine, file, at: 2)
        #expect(closed == .whole)
    }

    @Test func a_file_that_is_no_image_is_taken_when_its_writer_closed_it_and_else_after_settling() throws {
        let text = File(data: Data("no image at all".utf8))
        var machine = Completeness(settle: .seconds(30))
        let unknown = try Self.judge(&machine, text, at: 0)
        #expect(!unknown.isTaken)
        machine.note(Self.path, .closed)
        let closed = try Self.judge(&machine, text, at: 1)
        #expect(closed == .whole)
    }

    @Test func with_settle_zero_everything_is_taken_as_it_is() throws {
        var machine = Completeness(settle: .zero)
        let half = try Self.judge(&machine, File(data: try Self.image.get().prefix(100)), at: 0)
        #expect(half == .settled(isOpen: false))
    }
}
