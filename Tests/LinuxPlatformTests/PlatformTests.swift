import Foundation
import LinuxPlatform
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct PlatformTests {
    @Test func a_path_that_is_no_text_is_shown_and_kept_exactly() {
        let path = RawPath(bytes: Array("/a/é".utf8) + [0xff] + Array("b.jpg".utf8))
        #expect(path.description == "/a/é\\xffb.jpg")
        #expect(RawPath(hex: path.hex) == path)
        #expect(path.parent == RawPath("/a"))
        #expect(path.stemAndExtension.extension == Array("jpg".utf8))
        #expect(RawPath("/x").parent == RawPath("/"))
        #expect(RawPath("/a/b").isInside(RawPath("/a")))
        #expect(!RawPath("/ab").isInside(RawPath("/a")))
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

    @Test func sha256_of_the_standards_example() {
        #expect(
            SHA256.hex(of: Data("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
