import ArgumentParser
import DaemonProgram
import InspectionDomain
import InspectionPipeline
import LinuxPlatform
import Logging

@main
struct Inspectd: DaemonCommand {
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

    /// Everything that a start would need, the models' self-test frames included.
    private static func check(_ configuration: Configuration) throws {
        let problems = ConfigurationCheck.problems(of: configuration)
        guard problems.isEmpty else { throw ConfigurationErrors(problems) }
    }
}
