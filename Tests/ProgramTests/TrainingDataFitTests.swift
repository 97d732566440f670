import Foundation
import Imaging
import InspectionDomain
import TestSupport
import Testing

extension ProgramTests {
    /// Images that a model must not be fitted or calibrated on, as a user meets them.
    @Suite struct TrainingDataFit {
        private static func fit(_ shop: Workshop, _ arguments: String...) throws -> ProgramRun {
            try ProgramRun(
                "inspectctl",
                [
                    "fit", "--line", "plate", "--input-size", "64", "--false-alarm-rate", "0.1", "--config",
                    shop.configurationFile,
                ]
                    + arguments)
        }

        private static func open(_ body: (Workshop) throws -> Void) throws {
            try withTemporaryFolder { folder in
                let shop = Workshop(root: folder)
                try shop.configure([.init()])
                try body(shop)
            }
        }

        /// This many files of the same content.
        private static func copies(_ data: Data, _ count: Int, _ ending: String, in folder: URL) throws -> String {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for index in 0..<count { try data.write(to: folder.appendingPathComponent("\(100 + index).\(ending)")) }
            return folder.path
        }

        static let methods = [
            ["--method", "gaussian"], ["--method", "grad", "--epochs", "1"],
            ["--method", "ganomaly", "--input-size", "32", "--epochs", "1"],
            ["--method", "gradcon", "--input-size", "28", "--epochs", "1"],
        ]

        @Test(arguments: methods) func black_images_are_refused_by_every_method(_ method: [String]) throws {
            try Self.open { shop in
                let black = Frame(
                    width: 160, height: 120, channels: 3, samples: .eight([UInt8](repeating: 0, count: 57600)))
                let folder = try Self.copies(
                    try black.encodedPNG(), 40, "png", in: shop.root.appendingPathComponent("black"))
                let run = try ProgramRun(
                    "inspectctl",
                    ["fit", "--output", shop.root.path + "/m", "--normal", folder, "--false-alarm-rate", "0.2"] + method
                )
                #expect(run.status == 65, "\(run.errors)")
                #expect(
                    run.errors.contains("40 of 40 images have no contrast") && run.errors.contains("black"),
                    "\(run.errors)")
                #expect(!FileManager.default.fileExists(atPath: shop.root.path + "/m"))
            }
        }

        @Test func a_gate_is_not_fitted_on_black_images() throws {
            try Self.open { shop in
                let black = Frame(
                    width: 160, height: 120, channels: 3, samples: .eight([UInt8](repeating: 0, count: 57600)))
                let folder = try Self.copies(
                    try black.encodedPNG(), 40, "png", in: shop.root.appendingPathComponent("black"))
                let plates = try Pictures.write(20, from: 10, to: shop.root.appendingPathComponent("plates"))
                let run = try ProgramRun(
                    "inspectctl",
                    [
                        "fit", "--method", "odin", "--class", "plate=\(plates)", "--class", "night=\(folder)",
                        "--output",
                        shop.root.path + "/m",
                    ])
                #expect(run.status == 65 && run.errors.contains("40 of 40 images have no contrast"), "\(run.errors)")
            }
        }

        @Test func wholly_transparent_images_are_refused_with_their_cause() throws {
            try Self.open { shop in
                let file = Programs.project.appendingPathComponent("Tests/Fixtures/cases/p08_good_rgba_alpha0.png")
                let folder = try Self.copies(
                    try Data(contentsOf: file), 30, "png", in: shop.root.appendingPathComponent("clear"))
                let run = try Self.fit(shop, "--normal", folder)
                #expect(
                    run.status == 65 && run.errors.contains("30 of 30 images have no visible contrast"), "\(run.errors)"
                )
                #expect(run.errors.contains("alpha is 0"), "\(run.errors)")
            }
        }

        @Test func one_image_many_times_is_refused_with_what_is_needed() throws {
            try Self.open { shop in
                let folder = try Self.copies(
                    try Pictures.flawless(1), 40, "jpg", in: shop.root.appendingPathComponent("one"))
                let run = try Self.fit(shop, "--normal", folder)
                #expect(run.status == 65, "\(run.errors)")
                #expect(run.errors.contains("40 images form only 1 group of near-duplicates"), "\(run.errors)")
                #expect(run.errors.contains("the calibration alone needs 9"), "\(run.errors)")
            }
        }

        @Test func calibration_images_that_are_copies_of_fitting_images_are_refused() throws {
            try Self.open { shop in
                let a = try Pictures.write(24, from: 100, to: shop.root.appendingPathComponent("a"))
                let b = shop.root.appendingPathComponent("b")
                try FileManager.default.createDirectory(at: b, withIntermediateDirectories: true)
                for index in 0..<24 {
                    try Pictures.flawless(100 + index).write(to: b.appendingPathComponent("copy-\(index).jpg"))
                }
                let run = try Self.fit(shop, "--normal", a, "--calibration", b.path)
                #expect(run.status == 65, "\(run.errors)")
                #expect(run.errors.contains("24 of 24 calibration images are not independent"), "\(run.errors)")
                #expect(run.errors.contains("b/copy-0.jpg = ") && run.errors.contains("a/100.jpg"), "\(run.errors)")
            }
        }

        @Test func frames_that_were_fitted_on_are_kept_out_of_a_calibration_from_history() throws {
            try Self.open { shop in
                let normal = try Pictures.write(24, from: 100, to: shop.root.appendingPathComponent("a"))
                let held = try Pictures.write(12, from: 300, to: shop.root.appendingPathComponent("b"))
                let fit = try Self.fit(shop, "--normal", normal, "--calibration", held)
                #expect(fit.status == 0, "\(fit.errors)")
                try shop.withDaemon { _ in
                    for index in 0..<3 { try shop.drop(try Pictures.flawless(100 + index), as: "old-\(index).jpg") }
                    for index in 0..<15 { try shop.drop(try Pictures.flawless(600 + index), as: "new-\(index).jpg") }
                    try shop.waitForResults(18)
                    let arguments = ["calibrate", "--line", "plate", "--from-history", "1d", "--include-alarms"]
                    let rate = ["--false-alarm-rate", "0.1", "--config", shop.configurationFile]
                    let run = try ProgramRun("inspectctl", arguments + rate)
                    #expect(run.status == 65, "\(run.errors)")
                    #expect(run.errors.contains("3 of 18 calibration images are not independent"), "\(run.errors)")
                    let rest = try ProgramRun("inspectctl", arguments + rate + ["--skip-fitted"])
                    #expect(
                        rest.status == 0 && rest.output.contains("calibrated on 15"), "\(rest.errors) \(rest.output)")
                }
            }
        }

        @Test func a_place_that_cannot_be_written_is_refused_before_the_images_are_looked_at() throws {
            try Self.open { shop in
                let run = try ProgramRun(
                    "inspectctl", ["fit", "--normal", "/nowhere/images", "--output", "/proc/nowhere/plate.model"])
                #expect(run.status == 74 && run.errors.contains("cannot write into /proc/nowhere"), "\(run.errors)")
            }
        }

        @Test func every_broken_image_is_named_at_once_and_skipped_on_demand() throws {
            try Self.open { shop in
                let folder = shop.root.appendingPathComponent("a")
                let normal = try Pictures.write(30, from: 100, to: folder)
                for name in ["x1.jpg", "x2.jpg"] {
                    try BrokenFile.truncatedJPEG.data(1).write(to: folder.appendingPathComponent(name))
                }
                let run = try Self.fit(shop, "--normal", normal, "--false-alarm-rate", "0.2")
                #expect(
                    run.status == 65 && run.errors.contains("x1.jpg") && run.errors.contains("x2.jpg"), "\(run.errors)")
                let rest = try Self.fit(shop, "--normal", normal, "--false-alarm-rate", "0.2", "--skip-unreadable")
                #expect(rest.status == 0, "\(rest.errors)")
                #expect(rest.errors.contains("2 of 32 images cannot be read and are skipped"), "\(rest.errors)")
            }
        }

        @Test func a_check_says_what_fit_would_say_without_fitting() throws {
            struct Report: Decodable {
                let images, parts: Int
                let refusals: [String]
            }
            try Self.open { shop in
                let good = try Pictures.write(60, from: 100, to: shop.root.appendingPathComponent("good"))
                let run = try shop.control("dataset", "check", good, "--false-alarm-rate", "0.1")
                #expect(run.status == 0 && run.output.contains("OK"), "\(run.output) \(run.errors)")
                let strict = try shop.control("dataset", "check", good, "--format", "json")
                let report = try strict.json(Report.self)
                #expect(strict.status == 65 && report.images == 60 && report.parts == 60)
                #expect(report.refusals.contains { $0.contains("needs 99 calibration images") }, "\(report.refusals)")
                let other = try Pictures.write(12, from: 150, to: shop.root.appendingPathComponent("other"))
                let against = try shop.control(
                    "dataset", "check", other, "--against", good, "--false-alarm-rate", "0.1")
                #expect(
                    against.status == 65 && against.output.contains("10 of 12 calibration images"), "\(against.output)")
                #expect(shop.files(in: shop.state).isEmpty)
            }
        }
    }
}
