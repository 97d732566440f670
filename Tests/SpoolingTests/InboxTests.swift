import Foundation
import LinuxPlatform
import Spooling
import TestSupport
import Testing

@Suite struct InboxTests {
    let endsWell: (Data) -> Bool = { $0.suffix(3) == Data("END".utf8) }

    private func write(_ folder: URL, _ name: String, _ text: String) throws {
        let path = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: path)
    }

    @Test func files_are_found_below_and_links_hidden_and_partial_names_are_not() throws {
        try withTemporaryFolder { folder in
            for name in ["a.jpg", "sub/deep/b.png", ".hidden.jpg", "c.jpg.part", "d.tmp", "e~", "spool/active/x/frame"]
            {
                try write(folder, name, "END")
            }
            try FileManager.default.createSymbolicLink(
                at: folder.appendingPathComponent("link.jpg"),
                withDestinationURL: folder.appendingPathComponent("a.jpg"))
            var inbox = Inbox(folder: folder.path, excluding: [folder.appendingPathComponent("spool").path])
            let found = try inbox.scan()
            #expect(Set(found.images.map(\.path.name.description)) == ["a.jpg", "b.png"])
            #expect(found.folders.count == 3)
        }
    }

    @Test func a_file_with_its_end_marker_is_complete_at_once() throws {
        try withTemporaryFolder { folder in
            try write(folder, "a.jpg", "dataEND")
            var inbox = Inbox(folder: folder.path)
            let arrival = try inbox.scan().images[0]
            let complete1 = inbox.isComplete(arrival, tailLength: 16, hasEndMarker: endsWell)
            #expect(complete1)
        }
    }

    @Test func a_growing_file_waits_and_a_settled_one_is_taken_as_it_is() throws {
        try withTemporaryFolder { folder in
            try write(folder, "a.jpg", "da")
            var inbox = Inbox(folder: folder.path, settling: .seconds(3))
            let start = ContinuousClock.now
            let first = try inbox.scan().images[0]
            let complete2 = inbox.isComplete(first, tailLength: 16, hasEndMarker: endsWell, now: start)
            #expect(!complete2)
            try write(folder, "a.jpg", "data")
            let second = try inbox.scan().images[0]
            let complete3 = inbox.isComplete(second, tailLength: 16, hasEndMarker: endsWell, now: start + .seconds(4))
            #expect(!complete3)
            let complete4 = inbox.isComplete(second, tailLength: 16, hasEndMarker: endsWell, now: start + .seconds(6))
            #expect(!complete4)
            let complete5 = inbox.isComplete(second, tailLength: 16, hasEndMarker: endsWell, now: start + .seconds(7))
            #expect(complete5)
        }
    }

    @Test func a_folder_that_vanished_is_an_error_that_names_it() throws {
        var inbox = Inbox(folder: "/nonexistent/camera")
        let error = try #require(throws: SystemError.self) { try inbox.scan() }
        #expect(error.isMissing)
        #expect(error.description.contains("/nonexistent/camera"))
    }

    @Test func inotify_wakes_for_a_finished_file() throws {
        try withTemporaryFolder { folder in
            let inotify = try Inotify()
            try inotify.watch(RawPath(folder.path))
            #expect(!inotify.wait(milliseconds: 0))
            try write(folder, "a.jpg", "x")
            #expect(inotify.wait(milliseconds: 2000))
            #expect(!inotify.wait(milliseconds: 0))
        }
    }
}
