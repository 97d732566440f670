import Foundation
import InspectionDomain
import Testing

extension ProgramTests {
    /// Files that are no images, among good ones.
    @Suite struct BrokenFrames {
        private struct Dropped {
            let name: String
            let data: Data
            let kind: BrokenFile?
        }

        private static func mixture() throws -> [Dropped] {
            let good = try (0..<100).map { Dropped(name: "good-\($0).jpg", data: try Pictures.flawless($0), kind: nil) }
            let broken = try (0..<40).map { index in
                let kind = BrokenFile.allCases[index % BrokenFile.allCases.count]
                return Dropped(name: "broken-\(index).\(kind.ending)", data: try kind.data(index), kind: kind)
            }
            // Two of five are broken until there are no more.
            var mixed: [Dropped] = []
            for (index, frame) in good.enumerated() {
                mixed.append(frame)
                if index < broken.count { mixed.append(broken[index]) }
            }
            return mixed
        }

        @Test func forty_broken_files_among_a_hundred_good_ones_hold_nothing_up_and_nothing_is_lost() throws {
            let frames = try Self.mixture()
            try #require(frames.count == 140)
            try Workshop.open { shop in
                try shop.withDaemon { daemon in
                    for frame in frames { try shop.drop(frame.data, as: frame.name) }
                    try shop.waitForResults(frames.count)
                    #expect(try daemon.stop() == 0)
                }
                let results = try shop.results()
                let byName = Dictionary(grouping: results) { $0.inspection.image.path }
                let quarantine = try shop.quarantine()
                let alerts = try shop.alerts()
                for frame in frames {
                    let path = shop.watched().appendingPathComponent(frame.name).path
                    let inspection = try #require(byName[path]?.first?.inspection, "no result of \(frame.name)")
                    #expect(byName[path]?.count == 1)
                    let aside = quarantine.filter { $0.value.resultID == inspection.resultID }
                    let warned = alerts.filter { $0.id == inspection.resultID }
                    if let kind = frame.kind {
                        #expect(inspection.verdict == .error, "\(frame.name)")
                        #expect(
                            inspection.error?.code == kind.code, "\(frame.name): \(inspection.error?.message ?? "")")
                        #expect(inspection.imageScore == nil && inspection.regions.isEmpty)
                        let reason = try #require(aside.first, "\(frame.name) is not in the quarantine")
                        #expect(aside.count == 1 && reason.value.error == inspection.error)
                        #expect(reason.value.original == path && reason.value.line == "plate")
                        let kept = reason.file.deletingLastPathComponent().appendingPathComponent(frame.name)
                        #expect(try Data(contentsOf: kept) == frame.data, "\(frame.name) is not as it came")
                        #expect(warned.count == 1 && warned.first?.kind == .unreadable)
                        #expect((inspection.error?.message.count ?? 0) > 20, "\(frame.name) is not explained")
                    } else {
                        #expect(inspection.verdict != .error, "\(frame.name): \(inspection.error?.message ?? "")")
                        #expect(aside.isEmpty)
                        #expect(warned.count == (inspection.verdict == .anomalous ? 1 : 0))
                    }
                }
                #expect(results.count == 140 && quarantine.count == 40)
                #expect(Set(try shop.archived()) == Set(frames.filter { $0.kind == nil }.map(\.data)))
                #expect(try shop.archived().count == 100)
                #expect(try shop.history().count == 140)
                #expect(shop.files(in: shop.watched()).isEmpty)
                #expect(shop.inWork.isEmpty && shop.temporary.isEmpty)
            }
        }

        private static let readsEverything = geteuid() == 0

        @Test(.disabled(if: readsEverything, "this user can read every file, whatever its permissions"))
        func an_unreadable_frame_is_set_aside_with_the_reason() throws {
            try Workshop.open { shop in
                let file = shop.watched().appendingPathComponent("locked.jpg")
                try Pictures.flawless(1).write(to: file)
                try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: file.path)
                try shop.withDaemon { _ in
                    let inspection = try shop.result(of: "locked.jpg").inspection
                    #expect(inspection.verdict == .error && inspection.error?.code == "permission")
                    try wait(for: "the quarantine") { try shop.quarantine().count == 1 }
                    #expect(shop.files(in: shop.watched()).isEmpty)
                }
            }
        }
    }
}
