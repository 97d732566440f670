import Foundation
import ImageFolders
import LinuxPlatform
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The rule applied to a folder: names of images, counts of skipped entries.
@Suite struct ImageFolderTests {
    static let jpeg = Data([0xFF, 0xD8, 0xFF, 0xE0])

    private func put(_ folder: URL, _ names: [String], _ data: Data = jpeg) throws {
        for name in names {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: file)
        }
    }

    private func scan(_ folder: URL, _ rule: ImageRule = ImageRule()) throws -> ImageFolder.Scan {
        var images = ImageFolder(RawPath(folder.path), rule: rule)
        return try images.scan()
    }

    private func names(_ scan: ImageFolder.Scan, below folder: URL) -> Set<String> {
        Set(scan.images.map { String($0.path.description.dropFirst(folder.path.count + 1)) })
    }

    @Test func names_of_unfinished_uploads_are_skipped_whatever_their_case() throws {
        try withTemporaryFolder { folder in
            let unfinished = [
                "a.jpg.filepart", "b.TMP", "c.jpg.PART", "d.crdownload", "e.jpg.Partial", "f.jpg~", "g.png.upload",
                "h.jpg.!ut", "i.ocTransferId77.part", "j.jpg.aria2",
            ]
            try put(folder, unfinished + ["whole.jpg"])
            let scan = try scan(folder)
            #expect(names(scan, below: folder) == ["whole.jpg"])
            #expect(scan.skipped[.inTheMaking] == unfinished.count)
        }
    }

    @Test func sidecars_stay_where_they_are_and_are_counted() throws {
        try withTemporaryFolder { folder in
            try put(folder, ["part.jpg"])
            let sidecars = ["part.xml", "part.json", "part.jpg.md5", "part.done", "part", "notes.txt", "empty"]
            try put(folder, sidecars, Data("<part/>".utf8))
            try put(folder, ["Thumbs.db", "DESKTOP.INI"])
            let scan = try scan(folder)
            #expect(names(scan, below: folder) == ["part.jpg"])
            #expect(scan.skipped[.noImage] == sidecars.count)
            #expect(scan.skipped[.system] == 2)
            #expect(scan.skipped.byName == ["no-image": sidecars.count, "system": 2])
            #expect(scan.skipped.text.contains("7 not an image by name or content"))
        }
    }

    @Test func an_image_without_an_image_name_is_recognised_by_content() throws {
        try withTemporaryFolder { folder in
            try put(folder, ["IMG_0001", "frame.0042", "x.dat"])
            var images = ImageFolder(RawPath(folder.path))
            #expect(names(try images.scan(), below: folder) == ["IMG_0001", "frame.0042", "x.dat"])
            // Its content is read again when it changes.
            try put(folder, ["x.dat"], Data("none".utf8))
            #expect(names(try images.scan(), below: folder) == ["IMG_0001", "frame.0042"])
        }
    }

    @Test func a_file_named_like_an_image_is_one_whatever_its_content() throws {
        try withTemporaryFolder { folder in
            let frames = ["a.JPG", "b.jpeg", "c.PNG", "d.tif", "e.bmp"]
            try put(folder, frames, Data("no image".utf8))
            #expect(names(try scan(folder), below: folder) == Set(frames))
        }
    }

    @Test func folders_of_storage_devices_and_recycle_bins_are_not_searched() throws {
        try withTemporaryFolder { folder in
            let system = [
                "@eaDir", "#recycle", "$RECYCLE.BIN", "lost+found", "System Volume Information", "@Recycle", "__MACOSX",
            ]
            try put(folder, system.map { "\($0)/thumb.jpg" } + [".snapshot/old.jpg", "day 1/part.jpg"])
            try put(folder, ["SYNOFILE_THUMB_M.jpg", "._part.jpg"])
            let scan = try scan(folder)
            #expect(names(scan, below: folder) == ["day 1/part.jpg"])
            #expect(scan.skipped[.system] == system.count + 1)
            #expect(scan.skipped[.hidden] == 2)
            #expect(scan.folders.count == 2, "only the folder and \"day 1\" are watched")
        }
    }

    @Test func patterns_of_the_line_choose_files_and_folders() throws {
        try withTemporaryFolder { folder in
            try put(
                folder,
                [
                    "a.jpg", "a_preview.JPG", "b.bin", "raw/c.jpg", "raw/deep/d.jpg", "old/e.jpg", "sub/old/f.jpg",
                    "g.png",
                ])
            func pattern(_ text: String) throws -> NamePattern { try #require(NamePattern(text)) }
            let ignoring = ImageRule(ignore: [
                try pattern("*_preview.*"), try pattern("old/"), try pattern("raw/*.jpg"),
            ])
            let scan = try scan(folder, ignoring)
            #expect(names(scan, below: folder) == ["a.jpg", "b.bin", "g.png", "raw/deep/d.jpg"])
            #expect(scan.skipped[.ignored] == 4)
            let only = ImageRule(only: [try pattern("*.bin"), try pattern("[ab].jpg")])
            #expect(names(try self.scan(folder, only), below: folder) == ["a.jpg", "b.bin"])
        }
    }

    @Test(arguments: ["", "/", "/srv/*.jpg"]) func a_pattern_that_matches_nothing_is_refused(text: String) {
        #expect(NamePattern(text) == nil)
    }

    @Test func the_named_folder_may_be_a_link_and_links_below_are_followed_to_files_only() throws {
        try withTemporaryFolder { folder in
            try put(folder, ["real/a.jpg", "elsewhere/b.jpg"])
            let real = folder.appendingPathComponent("real")
            for (name, target) in [("link.jpg", "../elsewhere/b.jpg"), ("below", "../elsewhere"), ("dead.jpg", "none")]
            {
                try FileManager.default.createSymbolicLink(
                    atPath: real.appendingPathComponent(name).path, withDestinationPath: target)
            }
            let named = folder.appendingPathComponent("named")
            try FileManager.default.createSymbolicLink(atPath: named.path, withDestinationPath: "real")
            let scan = try scan(named)
            #expect(names(scan, below: named) == ["a.jpg"])
            #expect(scan.skipped[.link] == 3)
            let following = try self.scan(named, ImageRule(followsLinks: true))
            #expect(names(following, below: named) == ["a.jpg", "link.jpg"])
            #expect(following.skipped[.link] == 2, "a link to a folder, and one to nothing")
        }
    }

    @Test func pipes_and_sockets_are_skipped() throws {
        try withTemporaryFolder { folder in
            #expect(mkfifo(folder.appendingPathComponent("pipe.jpg").path, 0o600) == 0)
            let scan = try scan(folder)
            #expect(scan.images.isEmpty)
            #expect(scan.skipped[.odd] == 1)
        }
    }

    @Test func names_in_any_bytes_are_images() throws {
        try withTemporaryFolder { folder in
            let odd = RawPath(folder.path).appending(RawPath(bytes: [0x61, 0xFF, 0xFE] + Array(".jpg".utf8)))
            try FileSystem().create(odd, Self.jpeg)
            #expect(try scan(folder).images.map(\.path) == [odd])
        }
    }

    @Test func an_unreadable_subfolder_is_named_and_the_others_are_searched() throws {
        try withTemporaryFolder { folder in
            try put(folder, ["a.jpg", "locked/b.jpg", "open/c.jpg"])
            let refused = FileSystem { call, path in
                call == "opendir" && path.name == RawPath("locked") ? .error(EACCES) : nil
            }
            var images = ImageFolder(RawPath(folder.path), fileSystem: refused)
            let scan = try images.scan()
            #expect(names(scan, below: folder) == ["a.jpg", "open/c.jpg"])
            #expect(scan.skipped[.unreadable] == 1)
            #expect(scan.unreadable.map(\.folder.name.description) == ["locked"])
            #expect(scan.unreadable.first?.error.isPermission == true)
        }
    }

    @Test func the_named_folder_itself_must_be_readable() throws {
        var images = ImageFolder(RawPath("/nonexistent/camera"))
        let error = try #require(throws: SystemError.self) { try images.scan() }
        #expect(error.isMissing)
    }
}
