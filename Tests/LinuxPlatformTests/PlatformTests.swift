import Foundation
import LinuxPlatform
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct PlatformTests {
    @Test func a_path_that_is_not_utf8_is_shown_escaped_and_kept_exactly() {
        let path = RawPath(bytes: Array("/a/é".utf8) + [0xff] + Array("b.jpg".utf8))
        #expect(path.description == "/a/é\\xffb.jpg")
        #expect(RawPath(hex: path.hex) == path)
        #expect(path.parent == RawPath("/a"))
        #expect(path.stemAndExtension.extension == Array("jpg".utf8))
        #expect(RawPath("/x").parent == RawPath("/"))
        #expect(RawPath("/a/b").isInside(RawPath("/a")))
        #expect(!RawPath("/ab").isInside(RawPath("/a")))
    }

    @Test func a_name_that_would_steer_a_terminal_is_shown_escaped_and_opened_exactly() throws {
        try withTemporaryFolder { folder in
            let names = [
                Array("a\nb".utf8), Array("\u{1b}[2J".utf8), Array("x\u{202e}gpj".utf8), [0x0d, 0xff, 0x9b],
                Array("\u{9b}m".utf8),
            ]
            for name in names {
                let path = RawPath(folder.path).appending(RawPath(bytes: name))
                try DurableFile.write(Data("content".utf8), to: path)
                #expect(try FileSystem().read(path) == Data("content".utf8))
                #expect(path.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7f })
                #expect(RawPath(hex: path.hex) == path)
                let gone = path.appending("gone")
                let error = #expect(throws: SystemError.self) { try FileSystem().read(gone) }
                #expect(error?.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7f } == true)
            }
            #expect(try FileSystem().list(RawPath(folder.path)).count == names.count)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files to another user"))
    func files_created_by_root_belong_to_the_owner_of_their_folder_and_no_other_file_is_touched() throws {
        try withTemporaryFolder { folder in
            let root = RawPath(folder.path), mine = root / "mine", linked = root / "linked"
            try FileSystem().create(mine, Data())
            chown(mine.string, 1234, 1234)
            try FileSystem().create(linked, Data())
            link(linked.string, (root / "second name").string)
            chown(folder.path, 65534, 65533)
            try FileSystem().create(root / "new", Data())
            try FileSystem().makeFolder(root / "a" / "b")
            try FileSystem().append(root / "a" / "b" / "c", Data())
            _ = try FileLock(path: (root / "lock").string)
            try FileSystem().append(mine, Data("x".utf8))
            try FileSystem().append(linked, Data("x".utf8))
            func owner(_ path: RawPath) -> [UInt32] {
                var info = stat()
                return lstat(path.string, &info) == 0 ? [info.st_uid, info.st_gid] : []
            }
            for path in [root / "new", root / "a", root / "a" / "b", root / "a" / "b" / "c", root / "lock"] {
                #expect(owner(path) == [65534, 65533], "\(path)")
            }
            #expect(owner(mine) == [1234, 1234] && owner(linked) == [0, 0])
        }
    }

    @Test func a_durable_file_replaces_the_old_one_and_leaves_no_temporary() throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("f").path
            try DurableFile.write(Data("one".utf8), to: path)
            try DurableFile.write(Data("two".utf8), to: path)
            #expect(try FileSystem().read(RawPath(path)) == Data("two".utf8))
            #expect(try FileSystem().list(RawPath(folder.path)).count == 1)
        }
    }

    @Test func a_full_disk_leaves_the_old_file_and_says_so() throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("f").path
            try DurableFile.write(Data("one".utf8), to: path)
            let full = FileSystem { call, _ in call == "write" ? .error(ENOSPC) : nil }
            let error = try #require(throws: SystemError.self) {
                try DurableFile.write(Data("two".utf8), to: path, fileSystem: full)
            }
            #expect(error.isDiskFull && error.isTransient)
            #expect(error.description.contains("free some space"))
            #expect(try FileSystem().read(RawPath(path)) == Data("one".utf8))
            #expect(try FileSystem().list(RawPath(folder.path)).count == 1)
        }
    }

    @Test func a_move_to_another_file_system_copies_every_byte() throws {
        let memory = RawPath("/dev/shm/inspectd-test-\(getpid())")
        try withTemporaryFolder { folder in
            try FileSystem().makeFolder(memory)
            defer { try? FileSystem().removeTree(memory) }
            let source = RawPath(folder.path) / "a.bin"
            let data = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            try FileSystem().create(source, data)
            try FileSystem().move(source, to: memory / "b.bin")
            #expect(try FileSystem().read(memory / "b.bin") == data)
            #expect(try !FileSystem().exists(source))
            #expect(try FileSystem().list(memory).count == 1)
        }
    }

    @Test func removing_a_tree_does_not_follow_links() throws {
        try withTemporaryFolder { folder in
            let root = RawPath(folder.path)
            try FileSystem().makeFolder(root / "outside")
            try FileSystem().create(root / "outside" / "precious", Data([1]))
            try FileSystem().makeFolder(root / "tree" / "sub")
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/tree/sub/link", withDestinationPath: folder.path + "/outside")
            try FileSystem().removeTree(root / "tree")
            #expect(try FileSystem().exists(root / "outside" / "precious"))
            #expect(try !FileSystem().exists(root / "tree"))
        }
    }

    @Test func a_nameless_file_gives_back_what_was_written_and_leaves_no_name() throws {
        try withTemporaryFolder { folder in
            let file = try NamelessFile(in: folder.path, bytes: 12)
            try Data("world".utf8).withUnsafeBytes { try file.write($0, at: 6) }
            try Data("hello ".utf8).withUnsafeBytes { try file.write($0, at: 0) }
            var whole = [UInt8](repeating: 0, count: 12)
            try whole.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
            #expect(whole == Array("hello world\0".utf8))
            #expect(try FileSystem().list(RawPath(folder.path)).isEmpty)
            let error = #expect(throws: SystemError.self) {
                try whole.withUnsafeMutableBytes { try file.read(into: $0, at: 8) }
            }
            #expect(error?.call == "pread" && error?.path == folder.path)
        }
        #expect(throws: SystemError.self) { try NamelessFile(in: "/nonexistent", bytes: 1) }
    }

    @Test func permissions_of_a_missing_file_are_none() throws {
        try withTemporaryFolder { folder in
            let (there, missing) = (RawPath(folder.path), RawPath(folder.path + "/missing"))
            #expect(FileSystem().permits([], there) && FileSystem().permits([.read, .write, .enter], there))
            #expect(!FileSystem().permits([], missing) && !FileSystem().permits(.read, missing))
        }
    }

    @Test func a_file_has_another_identity_when_it_was_replaced_and_none_when_it_is_missing() throws {
        try withTemporaryFolder { folder in
            let path = folder.path + "/file"
            #expect(FileIdentity(path: path)?.exists == false)
            try FileSystem().create(RawPath(path), Data("a".utf8))
            let before = FileIdentity(path: path)
            try FileSystem().append(RawPath(path), Data("b".utf8))
            #expect(before?.exists == true && FileIdentity(path: path) == before)
            try DurableFile.write(Data("c".utf8), to: path)
            #expect(FileIdentity(path: path)?.exists == true && FileIdentity(path: path) != before)
        }
    }
}
