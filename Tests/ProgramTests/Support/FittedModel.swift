import Foundation
import TestSupport

/// The model of every workshop, fitted once with the real program and kept in memory.
enum FittedModel {
    struct Failed: Error, CustomStringConvertible {
        let run: ProgramRun
        var description: String { "inspectctl fit ended with \(run.status): \(run.errors)" }
    }

    private static let files = Result<[String: Data], any Error> {
        try withTemporaryFolder { folder in
            let workshop = Workshop(root: folder)
            try workshop.configure([.init()])
            let normal = try Pictures.write(24, from: 1000, to: folder.appendingPathComponent("normal"))
            let calibration = try Pictures.write(20, from: 2000, to: folder.appendingPathComponent("calibration"))
            let run = try workshop.control(
                "fit", "--line", "plate", "--normal", normal, "--calibration", calibration, "--input-size", "128")
            guard run.status == 0 else { throw Failed(run: run) }
            return try workshop.contents(of: workshop.state)
        }
    }

    /// Puts the model into a state folder.
    static func install(in state: URL) throws {
        for (path, data) in try files.get() {
            let file = state.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: file)
        }
    }
}
