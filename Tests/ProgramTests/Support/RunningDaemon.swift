import Foundation

/// The real `inspectd`, or the gateway, as a child process, logging JSON lines to a file. It never outlives the test.
final class RunningDaemon {
    private let process = Process()
    private let guardian = Process()
    private let lifeline = Pipe()
    private let logFile: URL
    private let program: String

    /// It failed; what it logged last says why.
    struct Failure: Error, CustomStringConvertible {
        let reason: String
        let log: [String]
        var description: String { ([reason, "the daemon's last words:"] + log.suffix(8)).joined(separator: "\n") }
    }

    /// - Parameters:
    ///   - waits: until the daemon says that it is ready.
    ///   - environment: beside that of the tests.
    ///   - launcher: a program that becomes the daemon, and its arguments.
    ///   - program: the daemon.
    /// - Throws: `Failure`, `TimedOut`.
    init(
        configuration: String, logFile: URL, waits: Bool = true, environment: [String: String] = [:],
        launcher: [String] = [], program: String = "inspectd"
    ) throws {
        (self.logFile, self.program) = (logFile, program)
        try Data().write(to: logFile)
        let log = try FileHandle(forWritingTo: logFile)
        let command = launcher + [try Programs.path(program), "--config", configuration, "--log", "json"]
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        // The process that prints Swift's backtraces can outlive the daemon, and holds the socket by which Foundation
        // learns its end.
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
            .merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = log
        process.standardError = log
        try process.run()
        do {
            try watchOver()
            if waits { try waitForLog(" ready: ") }
        } catch {
            kill()
            throw error
        }
    }

    /// Kills the daemon should the test process itself die: its end of the pipe closes then.
    private func watchOver() throws {
        guardian.executableURL = URL(fileURLWithPath: "/bin/sh")
        guardian.arguments = ["-c", "read -r line || kill -9 \(process.processIdentifier)"]
        guardian.standardInput = lifeline
        guardian.standardError = FileHandle.nullDevice
        try guardian.run()
    }

    private func dismissGuardian() {
        guard guardian.isRunning else { return }
        try? lifeline.fileHandleForWriting.write(contentsOf: Data("ended\n".utf8))
        guardian.waitUntilExit()
    }

    var pid: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    func signal(_ number: Int32) {
        if process.isRunning { Glibc.kill(pid, number) }
    }

    /// SIGKILL: what a crash or a power cut leaves is what is on disk now.
    func kill() {
        signal(SIGKILL)
        process.waitUntilExit()
        dismissGuardian()
    }

    /// SIGTERM.
    /// - Returns: the exit code; negative when a signal ended it.
    /// - Throws: `TimedOut` when it does not end in time.
    func stop(within seconds: Double = 10) throws -> Int32 {
        signal(SIGTERM)
        return try end(within: seconds)
    }

    /// Waits for its end.
    func end(within seconds: Double = 10) throws -> Int32 {
        try wait(for: "\(program) to end", upTo: seconds) { !process.isRunning }
        dismissGuardian()
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// The messages so far.
    var messages: [String] {
        let text = (try? String(contentsOf: logFile, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map { line in
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object?["MESSAGE"] as? String ?? String(line)
        }
    }

    /// Waits for a message that contains the text.
    /// - Throws: `Failure` when the daemon ends first, `TimedOut`.
    @discardableResult
    func waitForLog(_ text: String) throws -> String {
        var found: String?
        try wait(for: "the log to say '\(text)'") {
            let isRunning = process.isRunning
            found = messages.first { $0.contains(text) }
            guard found != nil || isRunning else {
                throw Failure(reason: "\(program) ended before it said '\(text)'", log: messages)
            }
            return found != nil
        }
        return found ?? ""
    }
}
