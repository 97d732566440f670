import Foundation
import InspectionDomain
import Testing

extension ProgramTests {
    /// `inspectctl requeue`.
    @Suite struct Requeue {
        @Test func quarantined_frames_come_back_to_their_folder_and_are_inspected_again() throws {
            try Workshop.open { shop in
                try shop.withDaemon { _ in
                    try shop.drop(try BrokenFile.text.data(1), as: "x.jpg")
                    try shop.drop(try BrokenFile.wrongChecksum.data(2), as: "y.png")
                    try wait(for: "two frames in quarantine") { try shop.quarantine().count == 2 }
                    try shop.waitForResults(2)

                    let list = try shop.control("requeue")
                    #expect(list.status == 0 && list.lines.count == 3, "\(list.output)")
                    #expect(list.output.contains("unsupported") && list.output.contains("corrupt"))
                    #expect(try shop.control("requeue", "no-such-id").status == 66)
                    #expect(try shop.quarantine().count == 2)

                    let run = try shop.control("requeue", "--code", "corrupt", "--all")
                    #expect(run.status == 0 && run.output.contains("1 frame requeued"), "\(run.output)")
                    try shop.waitForResults(3)
                    let looks = try shop.history().filter { $0.image.path.hasSuffix("/y.png") }
                    #expect(looks.map(\.error?.code) == ["corrupt", "corrupt"])
                    #expect(Set(looks.map(\.resultID)).count == 2)
                    try wait(for: "the quarantine") { try shop.quarantine().count == 2 }
                }
            }
        }

        @Test func a_frame_that_its_line_keeps_is_looked_at_again_where_it_lies() throws {
            try Workshop.open(lines: [.init(after: "keep")]) { shop in
                try shop.withDaemon { _ in
                    try shop.drop(try BrokenFile.wrongChecksum.data(1), as: "x.png")
                    try wait(for: "the quarantine") { try shop.quarantine().count == 1 && shop.inWork.isEmpty }
                    #expect(shop.files(in: shop.watched()) == ["x.png"])
                    #expect(try shop.control("requeue", "--all").status == 0)
                    try shop.waitForResults(2)
                    #expect(try Set(shop.history().map(\.resultID)).count == 2)
                    #expect(shop.files(in: shop.watched()) == ["x.png"])
                }
            }
        }

        @Test func a_frame_does_not_overwrite_another_that_has_taken_its_place() throws {
            try Workshop.open { shop in
                try shop.withDaemon { daemon in
                    try shop.drop(try BrokenFile.wrongChecksum.data(1), as: "x.png")
                    try wait(for: "the quarantine") { try shop.quarantine().count == 1 && shop.inWork.isEmpty }
                    #expect(try daemon.stop() == 0)
                }
                let newer = try Pictures.flawless(5)
                try shop.drop(newer, as: "x.png")
                let run = try shop.control("requeue", "--all")
                #expect(run.status == 74 && run.errors.contains("another frame is at"), "\(run.errors)")
                #expect(try Data(contentsOf: shop.watched().appendingPathComponent("x.png")) == newer)
                #expect(try shop.quarantine().count == 1)
            }
        }
    }
}
