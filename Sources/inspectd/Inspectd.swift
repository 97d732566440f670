import ArgumentParser
import Foundation
import InspectionDomain
import InspectionPipeline
import LinuxPlatform
import Logging
import Synchronization

@main
struct Inspectd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspectd",
        abstract: "Inspects the frames that cameras write into watched folders.",
        discussion: """
            Runs in the foreground. Logs to the journal when systemd started it, else to stderr. SIGTERM finishes the frames in \
            progress, then exits; SIGHUP reloads the configuration, and an invalid one changes nothing.

              inspectd --config /etc/inspectd/inspectd.yaml
              inspectd --config samples/inspectd.yaml --check

            Exit codes: 0 done, 64 usage, 65 bad data, 69 another inspectd works in the same spool or state folder, \
            74 I/O, 77 permission, 78 configuration.
            """,
        version: programVersion)

    @Option(
        name: .customLong("config"), help: ArgumentHelp("The configuration file.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var configurationFile = Configuration.defaultPath

    @Flag(help: "Validate the configuration, the models and the folders, then exit.")
    var check = false

    @Option(
        help: ArgumentHelp(
            "The destination of the log; by default the journal when systemd started inspectd, else text on stderr.",
            valueName: LogDestination.allCases.map(\.rawValue).joined(separator: "|")))
    var log: LogDestination?

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            fail(error)
        }
    }

    func run() throws {
        // Before the configuration is read, so that a reload during the start is not lost. And before
        // there is any other thread, which would take the signals.
        let signals = try SignalWatch()
        let configuration = try Configuration.load(path: configurationFile)
        if check {
            try Self.check(configuration)
            print("\(configurationFile): OK (\(Quantity.text(configuration.lines.count, of: "line")))")
            return
        }
        let logger = LogDestination.choose(log).logger()
        logger.event(.starting, .info, "inspectd \(programVersion) starting with \(configurationFile)")
        // Before Swift's executor needs its own: if it gets none, it waits forever without a message.
        try SystemThread.probe(Daemon.threads(for: configuration))
        let daemon = try Daemon(configuration: configuration, logger: logger, notesCrashes: true)
        try Self.waitFor { try await daemon.run(signals: signals) }
    }

    /// Keeps the main thread, which serves nothing, until the body is done.
    private static func waitFor(_ body: @escaping @Sendable () async throws -> Void) throws {
        let outcome = Outcome(), done = DispatchSemaphore(value: 0)
        Task.detached {
            do { try await body() } catch { outcome.error.withLock { $0 = error } }
            done.signal()
        }
        done.wait()
        if let error = outcome.error.withLock({ $0 }) { throw error }
    }

    private final class Outcome: Sendable {
        let error = Mutex<(any Error)?>(nil)
    }

    /// Everything that a start would need, the models' self-test frames included.
    private static func check(_ configuration: Configuration) throws {
        let problems = ConfigurationCheck.problems(of: configuration)
        guard problems.isEmpty else { throw ConfigurationErrors(problems) }
    }

    /// Ends the program: in ArgumentParser's way for its own errors, with the project's exit codes for all others.
    private static func fail(_ error: any Error) -> Never {
        let code = exitCode(for: error)
        if code == .success || code == .validationFailure { exit(withError: error) }
        let message = ExitStatus.message(of: error)
        if Journal.isConnected {
            LogDestination.journal.logger().event(.failed, .critical, "inspectd cannot run: \(message)")
        } else {
            FileHandle.standardError.write(Data("inspectd: \(PrintableText.escaped(message, keepsLines: true))\n".utf8))
        }
        Foundation.exit(ExitStatus(for: error).rawValue)
    }
}

extension LogDestination: ExpressibleByArgument {}
