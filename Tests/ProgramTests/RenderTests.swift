import Foundation
import Imaging
import InspectionDomain
import Testing

extension ProgramTests {
    /// `map:` of a line, and `inspectctl render`, which gives a stored map any size.
    @Suite struct Render {
        private static let lines = [
            Workshop.Line(name: "grid"), Workshop.Line(name: "full", more: ["map: full"]),
            Workshop.Line(name: "always", overlay: "always"), Workshop.Line(name: "never", overlay: "never"),
        ]

        private func picture(_ file: URL) throws -> Frame { try Frame.decode(try Data(contentsOf: file)) }

        private func samples(_ frame: Frame) throws -> [UInt16] {
            guard case .sixteen(let values) = frame.samples, frame.channels == 1 else {
                throw RunningDaemon.Failure(reason: "no grey image of 16 bits", log: [])
            }
            return values
        }

        @Test func a_map_on_its_grid_is_rendered_to_what_a_full_one_holds() throws {
            try Workshop.open(lines: Self.lines) { shop in
                let (width, height) = (Pictures.size.width, Pictures.size.height)
                try shop.withDaemon { _ in
                    for line in Self.lines { try shop.drop(try Pictures.defective(11), as: "bad.jpg", on: line.name) }
                    try shop.waitForResults(Self.lines.count)
                }
                let results = try shop.results()
                func result(_ line: String) throws -> Workshop.Result {
                    try #require(results.first { $0.inspection.line == line })
                }
                let grid = try result("grid"), full = try result("full")
                let placement = try #require(grid.inspection.map)
                let small = try picture(grid.folder.appendingPathComponent("anomaly_map.png"))
                let large = try picture(full.folder.appendingPathComponent("anomaly_map.png"))
                #expect(small.width == placement.width && small.height == placement.height && small.width != width)
                #expect(large.width == width && large.height == height && full.inspection.map?.width == width)
                #expect(placement.box == [0, 0, width, height] && full.inspection.map?.box == placement.box)
                #expect(placement.maximum == full.inspection.map?.maximum)

                // By id, through the ledger; by folder, without any configuration.
                let target = shop.root.appendingPathComponent("map.png")
                let byID = try shop.control("render", grid.inspection.resultID, "--output", target.path)
                #expect(byID.status == 0, "\(byID.errors)")
                let rendered = try picture(target)
                #expect(rendered.width == width && rendered.height == height)
                // The full map is stretched before the scale's end cuts it off, so they agree where neither meets it.
                let stretched = Overlay.upsample(
                    try samples(small).map(Float.init), width: small.width, height: small.height, toWidth: width,
                    toHeight: height)
                let below = zip(try samples(rendered), try samples(large)).filter { max($0, $1) < 40_000 }
                #expect(try samples(rendered) == stretched.map { UInt16($0.rounded()) })
                #expect(below.count > width * height / 2)
                #expect(below.count { abs(Int($0) - Int($1)) > 2 } < below.count / 50)

                let half = try ProgramRun(
                    "inspectctl",
                    ["render", grid.folder.path, "--width", "50", "--height", "40", "--heat", "--output", target.path])
                #expect(half.status == 0, "\(half.errors)")
                let colours = try picture(target)
                #expect(colours.width == 50 && colours.height == 40 && colours.channels == 3)
            }
        }

        @Test func a_result_without_a_map_and_an_unknown_one_are_told_apart() throws {
            try Workshop.open { shop in
                try shop.withDaemon { _ in
                    try shop.drop(try Pictures.flawless(1001), as: "good.jpg")
                    try shop.waitForResults(1)
                }
                let id = try #require(try shop.results().first).inspection.resultID
                let target = shop.root.appendingPathComponent("map.png").path
                let plain = try shop.control("render", id, "--output", target)
                #expect(plain.status == 66 && plain.errors.contains("has no anomaly map"), "\(plain.errors)")
                let unknown = try shop.control("render", "nothing", "--output", target)
                #expect(unknown.status == 66 && unknown.errors.contains("inspectctl history"), "\(unknown.errors)")
                let lopsided = try shop.control("render", id, "--width", "9", "--output", target)
                #expect(lopsided.status == 64 && lopsided.errors.contains("--height"), "\(lopsided.errors)")
                #expect(!FileManager.default.fileExists(atPath: target))
            }
        }
    }
}
