import Foundation
import InspectionDomain
import TestSupport

/// One run of a program to its end.
struct ProgramRun {
    /// The exit code.
    let status: Int32
    let output: String
    let errors: String

    /// One of the project's programs.
    /// - Throws: `TimedOut` after killing a program that does not end.
    init(_ program: String, _ arguments: [String], within seconds: Double = 60) throws {
        try self.init(path: Programs.path(program), arguments, within: seconds)
    }

    /// Any program.
    /// - Throws: `TimedOut` after killing a program that does not end.
    init(path: String, _ arguments: [String], within seconds: Double = 60) throws {
        self = try withTemporaryFolder { folder in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = arguments
            // Help texts are as wide as on any terminal of old.
            process.environment = ProcessInfo.processInfo.environment.merging(["COLUMNS": "80"]) { $1 }
            // Files, not pipes, which would need a reader while the program runs.
            let files = ["output", "errors"].map { folder.appendingPathComponent($0) }
            for file in files { try Data().write(to: file) }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = try FileHandle(forWritingTo: files[0])
            process.standardError = try FileHandle(forWritingTo: files[1])
            try process.run()
            defer {
                if process.isRunning { kill(process.processIdentifier, SIGKILL) }
                process.waitUntilExit()
            }
            try wait(for: "\(path) \(arguments.joined(separator: " "))", upTo: seconds) { !process.isRunning }
            return ProgramRun(
                status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
                output: try String(contentsOf: files[0], encoding: .utf8),
                errors: try String(contentsOf: files[1], encoding: .utf8))
        }
    }

    private init(status: Int32, output: String, errors: String) {
        (self.status, self.output, self.errors) = (status, output, errors)
    }

    /// The output, line by line.
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// The output as JSON.
    func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try DomainJSON.decoder().decode(type, from: Data(output.utf8))
    }

    /// The output as one JSON object.
    func object() throws -> [String: Any] {
        guard let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] else {
            throw NotAnObject(text: output)
        }
        return object
    }
}

/// JSON of another shape than expected.
struct NotAnObject: Error {
    let text: String
}
