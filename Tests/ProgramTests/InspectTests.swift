import Foundation
import Imaging
import InspectionDomain
import LinuxPlatform
import Testing

extension ProgramTests {
    /// `inspectctl inspect`: no daemon.
    @Suite struct Inspect {
        @Test func prints_one_json_line_per_image_and_an_anomaly_is_no_failure_unless_asked_for() throws {
            try Workshop.open { shop in
                let folder = shop.root.appendingPathComponent("pictures")
                _ = try Pictures.write(3, from: 50, to: folder)
                let defective = shop.root.appendingPathComponent("defective.jpg")
                try Pictures.defective(53).write(to: defective)
                let broken = shop.root.appendingPathComponent("broken.jpg")
                try BrokenFile.truncatedJPEG.data(1).write(to: broken)
                let overlays = shop.root.appendingPathComponent("overlays")

                let arguments = [folder.path, defective.path, broken.path]
                let run = try ProgramRun(
                    "inspectctl",
                    ["inspect"] + arguments + [
                        "--model", "plate", "--overlays", overlays.path, "--config", shop.configurationFile,
                    ])
                #expect(run.status == 0, "\(run.errors)")
                let inspections = try run.lines.map {
                    try DomainJSON.decoder().decode(Inspection.self, from: Data($0.utf8))
                }
                let expected = (50..<53).map { folder.appendingPathComponent("\($0).jpg").path }
                #expect(inspections.map(\.image.path) == expected + [defective.path, broken.path])
                #expect(inspections.dropLast().allSatisfy { $0.imageScore != nil && $0.verdict != .error })
                #expect(inspections[3].verdict == .anomalous)
                #expect(inspections[3].image.sha256 == ContentDigest.sha256(of: try Data(contentsOf: defective)))
                #expect(inspections[4].verdict == .error && inspections[4].error?.code == "truncated")
                for inspection in inspections.dropLast() {
                    let overlay = try Data(contentsOf: URL(fileURLWithPath: try #require(inspection.files.overlay)))
                    #expect(try Frame.decode(overlay).width >= Pictures.size.width)
                }

                let failing = try shop.control("inspect", defective.path, "--model", "plate", "--fail-on-anomaly")
                #expect(failing.status == 1 && failing.lines.count == 1)
                let flawless = inspections.prefix(3).first { $0.verdict == .normal }
                let good = try #require(flawless).image.path
                #expect(try shop.control("inspect", good, "--model", "plate", "--fail-on-anomaly").status == 0)
            }
        }

        @Test func the_daemon_and_a_single_look_agree() throws {
            try Workshop.open { shop in
                let picture = shop.root.appendingPathComponent("part.jpg")
                try Pictures.defective(60).write(to: picture)
                let single = try shop.control("inspect", picture.path, "--model", "plate").json(Inspection.self)
                try shop.withDaemon { _ in
                    try shop.drop(try Data(contentsOf: picture), as: "part.jpg")
                    let daemon = try shop.result(of: "part.jpg").inspection
                    let scores = (try #require(single.imageScore), try #require(daemon.imageScore))
                    // They spread the sums over different numbers of threads.
                    #expect(abs(scores.0 - scores.1) < 1e-4 * scores.0)
                    #expect(daemon.imageThreshold == single.imageThreshold && daemon.pValue == single.pValue)
                    #expect(daemon.verdict == single.verdict && daemon.regions.count == single.regions.count)
                }
            }
        }

        /// A script that ships parts on exit code 0 must not ship an uninspected one.
        @Test func an_image_that_cannot_be_inspected_never_ends_in_zero_and_never_ends_the_batch() throws {
            try Workshop.open { shop in
                let good = shop.root.appendingPathComponent("good.jpg").path
                try Pictures.flawless(7).write(to: URL(fileURLWithPath: good))
                let pipe = shop.root.appendingPathComponent("pipe.jpg").path
                #expect(mkfifo(pipe, 0o644) == 0)
                let empty = shop.root.appendingPathComponent("empty").path
                try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
                let huge = shop.root.appendingPathComponent("huge.jpg").path
                try Data().write(to: URL(fileURLWithPath: huge))
                #expect(truncate(huge, 3 << 30) == 0)
                var bad = [("pipe.jpg", "unsupported"), ("empty", "empty"), ("huge.jpg", "too-large")]
                for kind in BrokenFile.allCases {
                    let name = "\(kind).\(kind.ending)"
                    try kind.data(3).write(to: shop.root.appendingPathComponent(name))
                    bad.append((name, kind.code))
                }
                bad.append(("gone.jpg", "missing"))
                for (name, code) in bad {
                    let path = shop.root.appendingPathComponent(name).path
                    let run = try shop.control("inspect", path, good, "--model", "plate", "--fail-on-anomaly")
                    #expect(run.status == 65, "\(name): \(run.status) \(run.errors)")
                    let found = try run.lines.map {
                        try DomainJSON.decoder().decode(Inspection.self, from: Data($0.utf8))
                    }
                    #expect(found.map(\.image.path) == [path, good], "\(name)")
                    #expect(
                        found.first?.verdict == .error && found.first?.error?.code == code, "\(name): \(run.output)")
                    #expect(found.last?.imageScore != nil, "\(name)")
                }
                // Also beside an anomaly: an uninspected image weighs more.
                let defective = shop.root.appendingPathComponent("defective.jpg").path
                try Pictures.defective(9).write(to: URL(fileURLWithPath: defective))
                let both = try shop.control("inspect", defective, pipe, "--model", "plate", "--fail-on-anomaly")
                #expect(both.status == 65 && both.lines.count == 2)
            }
        }

        @Test(.enabled(if: OtherUser.lacking == nil, "\(OtherUser.lacking ?? "")"))
        func an_image_that_may_not_be_read_is_an_error_and_the_others_are_inspected() throws {
            try Workshop.open { shop in
                let pictures = try (0..<2).map { index in
                    let file = shop.root.appendingPathComponent("\(index).jpg")
                    try Pictures.flawless(index).write(to: file)
                    return file
                }
                let run = try OtherUser.control(
                    shop, ["inspect", pictures[0].path, pictures[1].path, "--model", "plate", "--fail-on-anomaly"],
                    forbidden: [pictures[0]])
                let found = try run.lines.map {
                    try DomainJSON.decoder().decode(Inspection.self, from: Data($0.utf8))
                }
                #expect(
                    run.status == 65 && found.map(\.error?.code) == ["permission", nil], "\(run.output)\(run.errors)")
            }
        }

        @Test func a_file_a_model_or_an_option_that_is_not_there_has_its_own_exit_code() throws {
            try Workshop.open { shop in
                let picture = shop.root.appendingPathComponent("part.jpg")
                try Pictures.flawless(1).write(to: picture)
                let noFile = try shop.control("inspect", "/nowhere/part.jpg", "--model", "plate")
                #expect(noFile.status == 66 && noFile.errors.contains("/nowhere/part.jpg"))
                let noModel = try shop.control("inspect", picture.path, "--model", "bottle")
                #expect(noModel.status == 66 && noModel.errors.contains("the models are plate"), "\(noModel.errors)")
                let noOption = try shop.control("inspect", picture.path, "--modle", "plate")
                #expect(noOption.status == 64, "\(noOption.errors)")
                let noLine = try shop.control("calibrate", "--line", "bottle", "--rollback")
                #expect(noLine.status == 64 && noLine.errors.contains("it has plate"), "\(noLine.errors)")
            }
        }
    }
}
