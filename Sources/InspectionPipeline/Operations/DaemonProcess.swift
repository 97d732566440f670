import Foundation

/// The real `inspectd`, as a child process that logs JSON lines to a file.
package final class DaemonProcess {
    private let process = Process()
    private let logFile: String

    /// - Throws: `ProgramError` when the program is not beside this one.
    package init(configurationFile: String, logFile: String) throws {
        self.logFile = logFile
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let path = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("inspectd").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw ProgramError(
                .unavailable,
                "there is no inspectd beside this program (\(path)); build or install it (swift build, make install)")
        }
        guard FileManager.default.createFile(atPath: logFile, contents: nil),
            let log = FileHandle(forWritingAtPath: logFile)
        else { throw ProgramError(.io, "cannot write \(logFile)") }
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["--config", configurationFile, "--log", "json"]
        process.standardOutput = log
        process.standardError = log
    }

    package var pid: Int32 { process.processIdentifier }

    /// Starts it, and waits until it is ready.
    /// - Returns: how long that took.
    package func start() throws -> Duration {
        let start = ContinuousClock.now
        try process.run()
        while !log.contains(EventKind.ready.rawValue) {
            guard process.isRunning else { throw ended() }
            guard ContinuousClock.now - start < .seconds(60) else {
                stop()
                throw ProgramError(.unavailable, "inspectd was not ready after 60 s; see its log \(logFile)")
            }
            usleep(10_000)
        }
        return ContinuousClock.now - start
    }

    /// - Throws: `ProgramError` when it has ended.
    package func check() throws {
        guard process.isRunning else { throw ended() }
    }

    /// Asks it to finish the frames in progress, and waits.
    /// - Returns: its exit code.
    @discardableResult
    package func stop() -> Int32 {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// - Throws: `ProgramError` when it has ended.
    package func residentMebibytes() throws -> Double {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        guard let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Double($0) })
        else {
            throw ended()
        }
        return kibibytes / 1024
    }

    private var log: String { (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? "" }

    private func ended() -> ProgramError {
        process.waitUntilExit()
        return ProgramError(
            .unavailable,
            "inspectd exited with \(process.terminationStatus): \(log.split(separator: "\n").last ?? "empty log")"
        )
    }
}
