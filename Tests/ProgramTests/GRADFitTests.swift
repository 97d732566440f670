import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// GRAD from the command line: long fits survive being killed, one model serves several products.
    @Suite struct GRADFit {
        private static let small = ["--method", "grad", "--input-size", "64", "--false-alarm-rate", "0.1"]

        @Test func a_fit_that_was_killed_resumes_and_gives_the_same_model() throws {
            try withTemporaryFolder { folder in
                let shop = Workshop(root: folder)
                try shop.configure([.init()])
                let normal = try Pictures.write(24, from: 1000, to: folder.appendingPathComponent("normal"))
                let calibration = try Pictures.write(20, from: 2000, to: folder.appendingPathComponent("calibration"))
                let report = try shop.expectAKilledFitToGoOn(
                    ["--normal", normal, "--calibration", calibration, "--epochs", "12"] + Self.small)
                #expect(report == ["fit.json", "loss.svg", "maps.png"])
            }
        }

        @Test func one_model_for_two_lines_is_calibrated_for_each_and_inspects_in_the_daemon() throws {
            try withTemporaryFolder { folder in
                let shop = Workshop(root: folder)
                try shop.configure([.init(), .init(name: "dark", model: "dark")])
                let first = try Pictures.write(40, from: 1000, to: folder.appendingPathComponent("first"))
                let second = try Pictures.write(40, from: 3000, to: folder.appendingPathComponent("second"))
                let run = try ProgramRun(
                    "inspectctl",
                    [
                        "fit", "--line", "plate", "--line", "dark", "--normal", first, "--normal", second,
                        "--epochs", "2", "--patience", "0", "--config", shop.configurationFile, "--quiet", "--format",
                        "json",
                    ] + Self.small.map { $0 == "0.1" ? "0.2" : $0 }, within: 180)
                #expect(run.status == 0, "\(run.errors)")
                let reports = try run.json([FitOutcome].self)
                #expect(reports.map(\.model) == ["plate", "dark"])
                #expect(reports[0].fittedOn == reports[1].fittedOn && reports[0].fittedOn > 50)
                #expect(reports[0].imageThreshold != reports[1].imageThreshold)
                let (plate, dark) = (try shop.shown("plate", version: 1), try shop.shown("dark", version: 1))
                #expect(plate.sha256 == dark.sha256 && plate.method == "grad" && plate.images == reports[0].fittedOn)
                try shop.withDaemon { _ in
                    try shop.drop(try Pictures.flawless(5), as: "a.jpg", on: "plate")
                    try shop.drop(try Pictures.flawless(5), as: "b.jpg", on: "dark")
                    try shop.waitForResults(2)
                    for (file, report) in zip(["a.jpg", "b.jpg"], reports) {
                        let inspection = try shop.result(of: file).inspection
                        #expect(inspection.model?.method == "grad")
                        #expect(inspection.imageThreshold == report.imageThreshold)
                    }
                }
            }
        }

        @Test func what_another_method_takes_is_refused() throws {
            for (arguments, option) in [
                (["--fusion", "basic"], "--fusion"), (["--method", "grad", "--pca", "0.9"], "--pca"),
                (["--memory-budget", "1GiB"], "--memory-budget"),
            ] {
                let run = try ProgramRun(
                    "inspectctl", ["fit", "--normal", "/tmp", "--output", "/tmp/none"] + arguments)
                #expect(run.status == 64 && run.errors.contains("Unknown option '\(option)'"), "\(run.errors)")
            }
        }
    }
}
