import Foundation
import InspectionKit
import TestSupport
import Testing

/// The kit as another program uses it: nothing but its public names.
@Suite struct InspectionKitTests {
    private func withParts<Result>(_ body: (URL, URL, URL) throws -> Result) throws -> Result {
        try withTemporaryFolder { folder in
            var parts = DrawnParts(seed: 9)
            parts.side = 96
            let (good, bad) = (folder.appendingPathComponent("good"), folder.appendingPathComponent("bad"))
            try write((0..<60).flatMap { _ in parts.part(exposures: 1) }, to: good)
            try write(parts.part(exposures: 1, defect: true), to: bad)
            return try body(folder, good, bad.appendingPathComponent("1000.png"))
        }
    }

    @Test func a_model_is_fitted_written_read_and_finds_a_defect() throws {
        try withParts { folder, good, bad in
            var fitting = Fitting()
            (fitting.falseAlarmRate, fitting.workers) = (0.1, 2)
            let file = folder.appendingPathComponent("part.model")
            try fitting.fit([good]).write(to: file)

            let model = try Model(contentsOf: file)
            #expect(model.method == "gaussian" && model.calibrationImages >= 9 && model.promise.contains("10 %"))
            let inspector = try Inspector(model: model)
            let finding = try inspector.inspect(Image(contentsOf: bad))
            #expect(finding.isAnomalous && finding.score > finding.threshold && finding.threshold == model.threshold)
            #expect(finding.map.values.count == finding.map.width * finding.map.height)
            #expect(finding.regions.allSatisfy { $0.x >= 0 && $0.x + $0.width <= 96 && $0.peak > 0 })
            let overlay = try Image(data: finding.overlay())
            #expect(overlay.width == 96 && overlay.channels == 3)
        }
    }

    @Test func mistakes_are_told_in_the_kits_own_error() throws {
        try withParts { folder, good, bad in
            #expect(throws: InspectionKitError.self) {
                try Image(contentsOf: folder.appendingPathComponent("none.png"))
            }
            #expect(throws: InspectionKitError.self) { try Image(data: Data("no image".utf8)) }
            #expect(throws: InspectionKitError.self) { try Model(contentsOf: bad) }
            #expect(throws: InspectionKitError.self) { try Fitting().fit([folder.appendingPathComponent("none")]) }
            var fitting = Fitting()
            fitting.falseAlarmRate = 2
            #expect(throws: InspectionKitError.self) { try fitting.fit([good]) }
        }
    }
}
