import Foundation
import ImageFolders
import LinuxPlatform
import SampleFrames
import TestSupport
import Testing

/// A watched folder with real files, and the kernel's own notifications.
@Suite struct InboxTests {
    static let frame = SampleFrames.flawless(.plate, index: 5, size: .init(width: 96, height: 64))

    /// A folder, its inbox, and the kernel's events of it.
    private struct Watched {
        let folder: URL
        let inotify: Inotify
        var inbox: Inbox

        init(_ folder: URL, settle: Duration = .seconds(30)) throws {
            self.folder = folder
            inotify = try Inotify()
            try inotify.watch(RawPath(folder.path))
            inbox = Inbox(folder: folder.path, settle: settle)
        }

        /// Judges the only file.
        mutating func judge() throws -> Completeness.Judgement {
            inbox.note(inotify.wait(milliseconds: 0))
            return inbox.judge(try #require(try inbox.scan().images.first))
        }
    }

    private func path(_ folder: URL, _ name: String) -> String { folder.appendingPathComponent(name).path }

    @Test func a_written_frame_is_whole_as_soon_as_it_is_closed() throws {
        try withTemporaryFolder { folder in
            var watched = try Watched(folder)
            let data = try Self.frame.encodedJPEG(quality: 80)
            let file = try #require(fopen(path(folder, "a.jpg"), "w"))
            data.withUnsafeBytes { _ = fwrite($0.baseAddress, 1, $0.count, file) }
            fflush(file)
            let open = try watched.judge()
            #expect(!open.isTaken)
            fclose(file)
            let closed = try watched.judge()
            #expect(closed == .whole)
        }
    }

    @Test func a_frame_with_a_trailer_that_was_renamed_into_place_is_whole_at_once() throws {
        try withTemporaryFolder { folder in
            var watched = try Watched(folder)
            let data = try Self.frame.encodedJPEG(quality: 80) + Data("DHAV and the camera's own data".utf8)
            try data.write(to: folder.appendingPathComponent(".upload"))
            try FileManager.default.moveItem(atPath: path(folder, ".upload"), toPath: path(folder, "a.jpg"))
            let renamed = try watched.judge()
            #expect(renamed == .whole)
        }
    }

    @Test func half_a_frame_rests_although_its_writer_closed_it() throws {
        try withTemporaryFolder { folder in
            var watched = try Watched(folder)
            let data = try Self.frame.encodedJPEG(quality: 80)
            try data.prefix(data.count / 2).write(to: folder.appendingPathComponent("a.jpg"))
            let half = try watched.judge()
            #expect(!half.isTaken)
            let handle = try FileHandle(forWritingTo: folder.appendingPathComponent("a.jpg"))
            try handle.seekToEnd()
            try handle.write(contentsOf: data.suffix(from: data.count / 2))
            try handle.close()
            let whole = try watched.judge()
            #expect(whole == .whole)
        }
    }

    @Test func a_whole_frame_that_is_renamed_over_before_it_was_taken_is_counted() throws {
        try withTemporaryFolder { folder in
            var watched = try Watched(folder)
            let data = try Self.frame.encodedJPEG(quality: 80)
            for _ in 0..<3 {
                try data.write(to: folder.appendingPathComponent(".next"))
                #expect(rename(path(folder, ".next"), path(folder, "snap.jpg")) == 0)
            }
            _ = try watched.judge()
            let lost = watched.inbox.takeOverwritten()
            #expect(lost == 2)
            // The one that is left is taken, and the next one overwrites nothing.
            try FileManager.default.moveItem(atPath: path(folder, "snap.jpg"), toPath: path(folder, ".taken"))
            try data.write(to: folder.appendingPathComponent("snap.jpg"))
            _ = try watched.judge()
            _ = try watched.judge()
            let more = watched.inbox.takeOverwritten()
            #expect(more == 0)
        }
    }

    @Test func a_whole_frame_that_is_written_over_in_place_is_counted() throws {
        try withTemporaryFolder { folder in
            var watched = try Watched(folder)
            for quality in [80, 60] {
                try Self.frame.encodedJPEG(quality: quality).write(to: folder.appendingPathComponent("snap.jpg"))
                let whole = try watched.judge()
                #expect(whole == .whole)
            }
            _ = try watched.judge()
            let lost = watched.inbox.takeOverwritten()
            #expect(lost == 1)
        }
    }

    @Test func the_kernel_reports_open_writers_of_the_user_s_own_files() throws {
        try withTemporaryFolder { folder in
            let file = try #require(fopen(path(folder, "a.jpg"), "w"))
            let raw = RawPath(path(folder, "a.jpg"))
            #expect(FileSystem().isOpenForWriting(raw) == true)
            fclose(file)
            #expect(FileSystem().isOpenForWriting(raw) == false)
        }
    }

    @Test func a_folder_that_vanished_is_an_error_that_names_it() throws {
        var inbox = Inbox(folder: "/nonexistent/camera")
        let error = try #require(throws: SystemError.self) { try inbox.scan() }
        #expect(error.isMissing)
        #expect(error.description.contains("/nonexistent/camera"))
    }

    @Test func writing_does_not_wake_the_inbox_and_the_close_does() throws {
        try withTemporaryFolder { folder in
            let inotify = try Inotify()
            try inotify.watch(RawPath(folder.path))
            #expect(!inotify.wait(milliseconds: 0).wakes)
            let file = try #require(fopen(path(folder, "a.jpg"), "w"))
            fputs("x", file)
            fflush(file)
            let written = inotify.wait(milliseconds: 20)
            #expect(!written.wakes)
            #expect(written.events.contains { $0.kind == .written && $0.path.name == RawPath("a.jpg") })
            fclose(file)
            let closed = inotify.wait(milliseconds: 2000)
            #expect(closed.events.map(\.kind) == [.closed])
            #expect(!inotify.wait(milliseconds: 0).wakes)
        }
    }

    @Test func another_thread_can_wake_a_wait_for_events() throws {
        let inotify = try Inotify()
        inotify.wake()
        #expect(inotify.wait(milliseconds: 60_000).isWoken)
        #expect(!inotify.wait(milliseconds: 0).isWoken)
    }
}
