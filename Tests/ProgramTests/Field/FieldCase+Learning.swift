import Foundation
import Imaging
import InspectionDomain
import TestSupport

extension FieldCase {
    /// Fitting and calibrating on the wrong images.
    static let learning: [FieldCase] = [
        black("images that are black after composition (alpha 0)", "p08_good_rgba_alpha0.png", count: 140),
        black("a lens cap: black images", "c_black_160x120.png", count: 130),
        FieldCase("one image under sixty names", right: "one group of near-duplicates, refused") {
            try withTemporaryFolder { folder in
                try write(
                    Array(repeating: try Pictures.flawless(1), count: 60), to: folder.appendingPathComponent("good"))
                return try expectRefusal(try fit(folder, ["--false-alarm-rate", "0.2"]), naming: "duplicate")
            }
        },
        FieldCase("calibration images are copies of fitting images", right: "refused, naming pairs") {
            try withTemporaryFolder { folder in
                let good = try (0..<60).map { try Pictures.flawless($0) }
                try write(good, to: folder.appendingPathComponent("good"))
                try write(Array(good.prefix(30)), to: folder.appendingPathComponent("calibration"), prefix: "copy")
                let run = try fit(
                    folder,
                    ["--calibration", folder.appendingPathComponent("calibration").path, "--false-alarm-rate", "0.2"])
                return try expectRefusal(run, naming: "copy", "good")
            }
        },
        FieldCase(
            "12-bit camera values in 16-bit files", right: "found as in 8-bit images; the range is told and stored"
        ) {
            try withTemporaryFolder { folder in
                func twelve(_ data: Data) throws -> Data {
                    let frame = try Frame.decode(data)
                    guard case .eight(let samples) = frame.samples else {
                        throw Wrong("the sample image is not 8-bit")
                    }
                    let values = samples.map { UInt16($0) << 4 }
                    return try Frame(
                        width: frame.width, height: frame.height, channels: frame.channels, samples: .sixteen(values)
                    ).encodedPNG()
                }
                try write(
                    try (0..<60).map { try twelve(try Pictures.flawless($0)) },
                    to: folder.appendingPathComponent("good"), ending: "png")
                try write(
                    try (0..<10).map { try twelve(try Pictures.defective(500 + $0)) },
                    to: folder.appendingPathComponent("bad"),
                    ending: "png")
                let run = try fit(folder, ["--false-alarm-rate", "0.1"])
                try expect(run.status == 0, run.errors)
                let inspection = try control([
                    "inspect", folder.appendingPathComponent("bad").path, "--model",
                    folder.appendingPathComponent("plate.model").path,
                ])
                let found = inspection.output.components(separatedBy: "\"anomalous\"").count - 1
                try expect(found == 10, "\(found) of 10 defects found")
                try expect((run.output + run.errors).contains("12"), "the range is not told: \(run.output)")
                return "10 of 10 defects found"
            }
        },
        FieldCase("a data set's root is given as --normal", right: "refused or left out, and said") {
            try withTemporaryFolder { folder in
                let good = folder.appendingPathComponent("good")
                try write(try (0..<40).map { try Pictures.flawless($0) }, to: good.appendingPathComponent("train/good"))
                try write(try (0..<5).map { try Pictures.defective($0) }, to: good.appendingPathComponent("test/paint"))
                try write(
                    try (0..<5).map { _ in
                        try Frame(
                            width: 160, height: 120, channels: 1, samples: .eight(Array(repeating: 0, count: 160 * 120))
                        ).encodedPNG()
                    },
                    to: good.appendingPathComponent("ground_truth/paint"), ending: "png")
                let run = try fit(folder, ["--false-alarm-rate", "0.2"])
                try expect(
                    (run.output + run.errors).contains("ground_truth")
                        || (run.output + run.errors).contains("train/good"),
                    "nothing is said: \(run.output)\(run.errors)")
                return run.status == 0 ? "left out" : try expectRefusal(run)
            }
        },
        FieldCase("--normal is a symbolic link to a folder", right: "followed") {
            try withTemporaryFolder { folder in
                try write(try (0..<40).map { try Pictures.flawless($0) }, to: folder.appendingPathComponent("real"))
                try FileManager.default.createSymbolicLink(
                    at: folder.appendingPathComponent("good"), withDestinationURL: folder.appendingPathComponent("real")
                )
                let run = try fit(folder, ["--false-alarm-rate", "0.15"])
                try expect(run.status == 0, run.errors)
                return "fitted"
            }
        },
        FieldCase("frames of another size than the fitted ones", right: "a warning and a field in result.json") {
            try inWorkshop { shop in
                try shop.withDaemon { _ in
                    let small = try Frame.decode(try Pictures.camera(3)).resized(width: 400, height: 400)
                    try shop.drop(try small.encodedJPEG(quality: 90), as: "square.jpg")
                    try shop.waitForResults(1)
                }
                let record = try shop.results()[0].inspection
                try expect(!record.remarks.isEmpty, "no remark")
                return record.remarks.joined(separator: "; ")
            }
        },
        FieldCase(
            "a calibration folder with many images of few parts", right: "the promise counts groups, not images"
        ) {
            try withTemporaryFolder { folder in
                try write(try (0..<60).map { try Pictures.flawless($0) }, to: folder.appendingPathComponent("good"))
                let few = try (0..<8).map { try Pictures.flawless(700 + $0) }
                try write((0..<80).map { few[$0 % 8] }, to: folder.appendingPathComponent("calibration"))
                let run = try fit(
                    folder,
                    ["--calibration", folder.appendingPathComponent("calibration").path, "--false-alarm-rate", "0.05"])
                return try expectRefusal(run, naming: "8")
            }
        },
    ]

    private static func black(_ situation: String, _ name: String, count: Int) -> FieldCase {
        FieldCase(situation, right: "refused: what is missing, how many, which") {
            try withTemporaryFolder { folder in
                try write(
                    Array(repeating: try picture(name), count: count), to: folder.appendingPathComponent("good"),
                    ending: "png")
                return try expectRefusal(try fit(folder), naming: "contrast")
            }
        }
    }

    static func write(_ pictures: [Data], to folder: URL, prefix: String = "", ending: String = "jpg") throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (index, data) in pictures.enumerated() {
            try data.write(to: folder.appendingPathComponent("\(prefix)\(1000 + index).\(ending)"))
        }
    }

    /// Fits on the folder's `good` and stores a file `plate.model` there.
    static func fit(_ folder: URL, _ more: [String] = []) throws -> ProgramRun {
        try control(
            [
                "fit", "--normal", folder.appendingPathComponent("good").path, "--output",
                folder.appendingPathComponent("plate.model").path, "--input-size", "128", "--quiet",
            ] + more, within: 300)
    }
}
