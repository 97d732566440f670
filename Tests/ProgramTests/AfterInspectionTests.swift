import Foundation
import InspectionDomain
import Testing

extension ProgramTests {
    /// `after:` and how a frame arrives.
    @Suite struct AfterInspection {
        @Test func keep_delete_and_archive_work_as_named() throws {
            let lines = ["keep", "delete", "archive"].map { Workshop.Line(name: $0, after: $0) }
            try Workshop.open(lines: lines) { shop in
                let picture = try Pictures.flawless(1)
                try shop.withDaemon { _ in
                    for line in lines { try shop.drop(picture, as: "part.jpg", on: line.name) }
                    try shop.waitForResults(3)
                }
                #expect(shop.files(in: shop.watched("keep")) == ["part.jpg"])
                #expect(try Data(contentsOf: shop.watched("keep").appendingPathComponent("part.jpg")) == picture)
                #expect(shop.files(in: shop.watched("delete")).isEmpty)
                #expect(shop.files(in: shop.watched("archive")).isEmpty)
                let archive = try shop.contents(of: shop.spool.appendingPathComponent("archive"))
                #expect(archive.count == 1 && archive.values.first == picture)
                #expect(
                    archive.keys.first?.hasPrefix("archive/") == true && archive.keys.first?.hasSuffix(".jpg") == true)

                // A kept frame is inspected once, also by the next process; the same name with other bytes is another.
                try shop.withDaemon { _ in
                    let other = shop.watched("keep").appendingPathComponent(".other")
                    try Pictures.flawless(2).write(to: other)
                    let place = shop.watched("keep").appendingPathComponent("part.jpg").path
                    #expect(rename(other.path, place) == 0)
                    try shop.waitForResults(4)
                    usleep(700_000)
                }
                #expect(try shop.history().count { $0.line == "keep" } == 2)
                #expect(try shop.history().count == 4)
            }
        }

        @Test func the_same_bytes_under_the_same_name_again_are_another_input() throws {
            try Workshop.open { shop in
                let picture = try Pictures.flawless(1)
                try shop.withDaemon { _ in
                    for round in 1...3 {
                        try shop.drop(picture, as: "part.jpg")
                        try shop.waitForResults(round)
                    }
                }
                #expect(try shop.history().count == 3 && shop.archived() == [picture, picture, picture])
            }
        }

        @Test func a_frame_that_is_written_slowly_is_not_touched_before_it_is_complete() throws {
            try Workshop.open { shop in
                let picture = try Pictures.defective(7)
                let file = shop.watched().appendingPathComponent("slow.jpg")
                try shop.withDaemon { _ in
                    try Data().write(to: file)
                    let handle = try FileHandle(forWritingTo: file)
                    let part = picture.count / 10
                    for step in 0..<9 {
                        try handle.write(contentsOf: picture[(step * part)..<((step + 1) * part)])
                        usleep(450_000)
                        try #require(shop.files(in: shop.watched()) == ["slow.jpg"], "touched after part \(step)")
                        try #require(shop.inWork.isEmpty)
                    }
                    #expect(try shop.results().isEmpty)
                    try handle.write(contentsOf: picture[(9 * part)...])
                    try handle.close()
                    #expect(try shop.result(of: "slow.jpg").inspection.verdict == .anomalous)
                    try shop.waitForResults(1)
                }
                #expect(try shop.archived() == [picture])
                #expect(try shop.history().count == 1)
            }
        }

        @Test func names_that_are_long_or_no_text_are_frames_like_any_other() throws {
            try Workshop.open { shop in
                let folder = Array(shop.watched().path.utf8)
                let names: [[UInt8]] = [
                    Array("Stück-".utf8) + [0xFF, 0xE9] + Array(".jpg".utf8),
                    Array(String(repeating: "é", count: 125).utf8) + Array(".jpg".utf8),
                    Array("-rf $(ls)\n;.jpg".utf8), Array("no-ending".utf8),
                ]
                try shop.withDaemon { _ in
                    for (index, name) in names.enumerated() {
                        let hidden = shop.watched().appendingPathComponent(".arriving")
                        try Pictures.flawless(index).write(to: hidden)
                        let path = (folder + [UInt8(ascii: "/")] + name + [0]).map { CChar(bitPattern: $0) }
                        try #require(rename(hidden.path, path) == 0)
                    }
                    try shop.waitForResults(names.count)
                }
                let results = try shop.results().map(\.inspection)
                #expect(results.allSatisfy { $0.verdict != .error })
                #expect(results.contains { $0.image.path.hasSuffix("/Stück-\\xff\\xe9.jpg") })
                #expect(try Set(shop.archived()) == Set((0..<names.count).map { try Pictures.flawless($0) }))
                #expect(shop.files(in: shop.watched()).isEmpty)
                let archive = shop.files(in: shop.spool.appendingPathComponent("archive"))
                #expect(archive.count { $0.hasSuffix(".jpg") } == 3 && !archive.contains { $0.contains("\n") })
            }
        }

        @Test func subfolders_are_watched_and_temporary_names_of_writers_are_skipped() throws {
            try Workshop.open { shop in
                try shop.withDaemon { _ in
                    let folder = shop.watched().appendingPathComponent("shift 2/cam")
                    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                    for name in ["part.jpg", "part.jpg.tmp", ".hidden.jpg", "part.jpg.part", "part.jpg~"] {
                        try Pictures.flawless(1).write(to: folder.appendingPathComponent(name))
                    }
                    try shop.waitForResults(1)
                    try shop.drop(try Pictures.flawless(2), as: "later.jpg")
                    try shop.waitForResults(2)
                    let names = try shop.history().map { URL(fileURLWithPath: $0.image.path).lastPathComponent }
                    #expect(names.sorted() == ["later.jpg", "part.jpg"])
                    #expect(shop.files(in: shop.watched()).count == 4)
                }
            }
        }
    }
}
