import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// GANomaly, GradCon and ODIN from the command line.
    @Suite struct NetworkFit {
        struct Subject: CustomStringConvertible, Sendable {
            let description: String
            let arguments: [String]
            /// Files of the fit's report besides those of every fit.
            var pictures: [String] = []
        }

        static let subjects = [
            Subject(
                description: "gradcon", arguments: ["--method", "gradcon", "--epochs", "40"],
                pictures: ["losses.svg", "reconstructions.png"]),
            Subject(
                description: "ganomaly",
                arguments: [
                    "--method", "ganomaly", "--input-size", "32", "--channels", "8", "--latent", "8", "--epochs", "20",
                ], pictures: ["losses.svg", "reconstructions.png"]),
            Subject(
                description: "odin densenet",
                arguments: ["--method", "odin", "--depth", "10", "--growth", "4", "--epochs", "10"]),
            Subject(
                description: "odin linear",
                arguments: ["--method", "odin", "--network", "linear", "--input-size", "32", "--epochs", "300"]),
        ]

        @Test(arguments: subjects)
        func a_fit_that_was_killed_resumes_and_gives_the_same_model(_ subject: Subject) throws {
            try withTemporaryFolder { folder in
                let shop = Workshop(root: folder)
                try shop.configure([.init()])
                let plates = try Pictures.write(30, from: 1000, to: folder.appendingPathComponent("plates"))
                var pictures = ["--normal", plates]
                if subject.arguments.contains("odin") {
                    let painted = folder.appendingPathComponent("painted")
                    try FileManager.default.createDirectory(at: painted, withIntermediateDirectories: true)
                    for index in 0..<30 {
                        try Pictures.defective(2000 + index).write(
                            to: painted.appendingPathComponent("\(2000 + index).jpg"))
                    }
                    pictures = ["--class", "plate=\(plates)", "--class", "painted=\(painted.path)"]
                }
                let report = try shop.expectAKilledFitToGoOn(
                    subject.arguments + pictures + ["--false-alarm-rate", "0.2"])
                #expect(report == (["fit.json", "loss.svg", "maps.png"] + subject.pictures).sorted())
            }
        }

        @Test func products_that_cannot_be_told_apart_are_refused() throws {
            for (classes, complaint) in [
                (["a=/tmp"], "at least twice"), (["a=/tmp", "a=/usr"], "the same name"),
                (["a=/tmp", "b"], "NAME=FOLDER"),
                (["a=/tmp", "b=/tmp/"], "its own folder"), (["a=/tmp", "b=/tmp/b"], "its own folder"),
            ] {
                let run = try ProgramRun(
                    "inspectctl",
                    ["fit", "--method", "odin", "--output", "/tmp/none"] + classes.flatMap { ["--class", $0] })
                let message = run.errors.replacingOccurrences(of: "\n", with: " ")
                #expect(run.status == 64 && message.contains(complaint), "\(run.errors)")
            }
        }
    }
}
