import Foundation
import InspectionDomain
import TestSupport

/// Helpers of the cases.
extension FieldCase {
    /// A plant with the model that the suite has fitted.
    static func inWorkshop(
        settle: String = "1s", more: [String] = [], after: String = "archive", _ body: (Workshop) throws -> String
    ) throws -> String {
        var happened = ""
        try Workshop.open(lines: [.init(after: after, settle: settle, more: more)]) { happened = try body($0) }
        return happened
    }

    /// Runs `inspectctl`.
    static func control(_ arguments: [String], within seconds: Double = 180) throws -> ProgramRun {
        try ProgramRun("inspectctl", arguments, within: seconds)
    }

    /// Runs `inspectctl` as a user who owns nothing.
    static func asNobody(_ arguments: [String]) throws -> ProgramRun {
        try ProgramRun(
            path: "/usr/bin/setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", try Programs.path("inspectctl")] + arguments)
    }

    /// Runs a program that must succeed.
    static func run(_ path: String, _ arguments: [String]) throws {
        let run = try ProgramRun(path: path, arguments)
        try expect(run.status == 0, "\(path) \(arguments.joined(separator: " ")): \(run.errors)")
    }

    /// The run refused with this exit code and names each of the words.
    static func expectRefusal(_ run: ProgramRun, _ status: Int32 = 65, naming words: String...) throws -> String {
        try expect(run.status == status, "exit code \(run.status) instead of \(status): \(run.errors)\(run.output)")
        for word in words {
            try expect(
                run.errors.lowercased().contains(word.lowercased()),
                "the refusal does not name '\(word)': \(run.errors)")
        }
        return "refused: " + (run.errors.split(separator: "\n").last.map { String($0.prefix(160)) } ?? "")
    }

    /// An image of the cases.
    static func picture(_ name: String) throws -> Data {
        try Data(contentsOf: Programs.project.appendingPathComponent("Tests/Fixtures/cases/\(name)"))
    }

    /// Inspects images with the suite's model, one record each.
    static func inspected(_ names: [String]) throws -> [Inspection] {
        var records: [Inspection] = []
        try Workshop.open { shop in
            let folder = shop.root.appendingPathComponent("pictures")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let paths = try names.map { name in
                let file = folder.appendingPathComponent(name)
                try picture(name).write(to: file)
                return file.path
            }
            let run = try ProgramRun(
                "inspectctl", ["inspect"] + paths + ["--model", "plate", "--config", shop.configurationFile])
            records = try run.output.split(separator: "\n").map {
                try DomainJSON.decoder().decode(Inspection.self, from: Data($0.utf8))
            }
            try expect(
                records.count == names.count, "\(records.count) records for \(names.count) images: \(run.errors)")
        }
        return records
    }

    /// The daemon's records of images that were dropped into its folder.
    static func dropped(_ names: [String]) throws -> [String: Inspection] {
        var records: [String: Inspection] = [:]
        try Workshop.open { shop in
            try shop.withDaemon { _ in
                for name in names { try shop.drop(try picture(name), as: name) }
                try shop.waitForResults(names.count)
            }
            for result in try shop.results() {
                records[URL(fileURLWithPath: result.inspection.image.path).lastPathComponent] = result.inspection
            }
        }
        return records
    }
}
