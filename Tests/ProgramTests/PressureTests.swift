import Foundation
import InspectionDomain
import Testing

extension ProgramTests {
    /// More than a camera usually does to a daemon.
    @Suite struct Pressure {
        /// Kilobytes of memory that a process holds.
        private static func residentMemory(_ pid: Int32) throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
            return Int(line?.split(whereSeparator: \.isWhitespace).dropFirst().first ?? "") ?? 0
        }

        @Test func fifty_thousand_files_at_the_start_are_worked_off_in_order_without_filling_the_memory() throws {
            try Workshop.open { shop in
                let first = shop.watched().appendingPathComponent("00000.jpg")
                try Pictures.flawless(1).write(to: first)
                // Hard links: each name is a frame.
                for index in 1..<50_000 {
                    let name = String(format: "%05d.jpg", index)
                    try #require(link(first.path, shop.watched().appendingPathComponent(name).path) == 0)
                }
                try shop.withDaemon { daemon in
                    try shop.waitForFirstResults(40)
                    #expect(try Self.residentMemory(daemon.pid) < 400_000)
                    let status = try shop.control("status", "--format", "json").object()
                    let line = try #require((status["lines"] as? [[String: Any]])?.first)
                    #expect((line["waiting"] as? Int ?? 0) > 40_000)
                    #expect(try daemon.stop() == 0)
                }
                let done = try shop.results().map { URL(fileURLWithPath: $0.inspection.image.path).lastPathComponent }
                // Their times are equal, so the name decides; two workers may be one frame apart.
                #expect(done.sorted().last ?? "" < String(format: "%05d.jpg", done.count + 4))
                #expect(try shop.archived().count == done.count)
                #expect(shop.files(in: shop.watched()).count == 50_000 - done.count)
            }
        }

        @Test func hard_links_are_frames_of_their_own() throws {
            try Workshop.open { shop in
                let picture = try Pictures.flawless(1)
                try shop.withDaemon { _ in
                    let hidden = shop.watched().appendingPathComponent(".arriving").path
                    try picture.write(to: URL(fileURLWithPath: hidden))
                    for name in ["one.jpg", "two.jpg"] {
                        try #require(link(hidden, shop.watched().appendingPathComponent(name).path) == 0)
                    }
                    unlink(hidden)
                    try shop.waitForResults(2)
                }
                #expect(try shop.archived() == [picture, picture])
                #expect(try Set(shop.history().map(\.image.path)).count == 2)
            }
        }

        @Test(arguments: [false, true])
        func a_link_is_a_frame_only_where_the_line_follows_links_and_its_target_is_never_touched(
            follows: Bool
        ) throws {
            for after in ["archive", "keep", "delete"] {
                try Workshop.open(lines: [.init(after: after, followsLinks: follows)]) { shop in
                    let outside = shop.root.appendingPathComponent("outside.jpg")
                    let picture = try Pictures.flawless(1)
                    try picture.write(to: outside)
                    let link = shop.watched().appendingPathComponent("link.jpg")
                    try shop.withDaemon { _ in
                        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: outside)
                        let dangling = shop.watched().appendingPathComponent("dangling.jpg").path
                        try FileManager.default.createSymbolicLink(
                            atPath: dangling, withDestinationPath: "/nowhere/at/all.jpg")
                        try FileManager.default.createSymbolicLink(
                            atPath: shop.watched().appendingPathComponent("loop").path, withDestinationPath: ".")
                        try shop.drop(try Pictures.flawless(2), as: "plain.jpg")
                        try shop.waitForResults(follows ? 2 : 1)
                        // A scan more.
                        usleep(700_000)
                    }
                    let names = try shop.history().map { URL(fileURLWithPath: $0.image.path).lastPathComponent }
                    #expect(names.sorted() == (follows ? ["link.jpg", "plain.jpg"] : ["plain.jpg"]), "\(after)")
                    #expect(try Data(contentsOf: outside) == picture, "\(after)")
                    let isThere = (try? FileManager.default.destinationOfSymbolicLink(atPath: link.path)) != nil
                    #expect(isThere == (!follows || after == "keep"), "\(after)")
                    if follows, after == "archive" { #expect(try shop.archived().contains(picture)) }
                    #expect(try shop.results().allSatisfy { $0.inspection.verdict != .error })
                }
            }
        }

        @Test func a_folder_that_vanishes_stops_its_line_alone_and_is_taken_up_when_it_returns() throws {
            try Workshop.open(lines: [.init(), .init(name: "second")]) { shop in
                let away = shop.root.appendingPathComponent("unmounted")
                try shop.withDaemon { daemon in
                    try shop.drop(try Pictures.flawless(1), as: "before.jpg")
                    try shop.waitForResults(1)
                    try FileManager.default.moveItem(at: shop.watched(), to: away)
                    try daemon.waitForLog("line plate: opendir")
                    try shop.drop(try Pictures.flawless(2), as: "other.jpg", on: "second")
                    try shop.waitForResults(2)
                    let status = try shop.control("status")
                    #expect(status.output.contains("line plate: opendir"), "\(status.output)")
                    #expect(try daemon.stop() == 0)
                }
                // A daemon that starts meanwhile waits for it: the line has worked before.
                try shop.withDaemon { daemon in
                    try daemon.waitForLog("line plate: opendir")
                    #expect(daemon.messages.count { $0.contains("line plate: opendir") } == 1, "said more than once")
                    try Pictures.flawless(3).write(to: away.appendingPathComponent("meanwhile.jpg"))
                    try FileManager.default.moveItem(at: away, to: shop.watched())
                    try daemon.waitForLog("line plate: \(shop.watched().path) is back")
                    try shop.waitForResults(3)
                }
                #expect(try shop.history().count == 3 && shop.archived().count == 3)
            }
        }

        @Test func a_frame_that_is_renamed_while_it_waits_is_inspected_once() throws {
            try Workshop.open { shop in
                try shop.withDaemon { _ in
                    for index in 0..<30 {
                        let name = shop.watched().appendingPathComponent("cam-\(index).jpg")
                        try shop.drop(try Pictures.flawless(index), as: "cam-\(index).jpg")
                        // The daemon may have been quicker.
                        _ = rename(name.path, shop.watched().appendingPathComponent("part-\(index).jpg").path)
                    }
                    try shop.waitForResults(30)
                    usleep(500_000)
                }
                #expect(try shop.history().count == 30 && shop.archived().count == 30)
                #expect(try Set(shop.archived()).count == 30)
                #expect(shop.files(in: shop.watched()).isEmpty && shop.inWork.isEmpty)
            }
        }
    }
}
