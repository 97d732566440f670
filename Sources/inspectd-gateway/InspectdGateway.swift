import ArgumentParser
import DaemonProgram
import Delivery
import DeliverySinks
import InspectionDomain
import InspectionPipeline
import LinuxPlatform
import Logging

@main
struct InspectdGateway: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspectd-gateway",
        abstract: "Delivers the results of inspectd to other systems.",
        discussion: """
            Reads the ledger beside inspectd and sends each record to the sinks of the section `gateway`: at least once, in \
            order per line. Runs in the foreground. SIGTERM ends it; SIGHUP reloads the configuration, and an invalid one \
            changes nothing. Without the section `gateway` it opens no connection and waits for a reload.

              inspectd-gateway --config /etc/inspectd/inspectd.yaml
              inspectd-gateway --config /etc/inspectd/inspectd.yaml --check

            Exit codes: 0 done, 64 usage, 69 another inspectd-gateway works in the same state folder, 74 I/O, \
            77 permission, 78 configuration.
            """,
        version: programVersion)

    @Option(
        name: .customLong("config"), help: ArgumentHelp("The configuration file.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var configurationFile = Configuration.defaultPath

    @Flag(help: "Validate the configuration, credentials and certificates, then exit.")
    var check = false

    @Option(
        help: ArgumentHelp(
            "The destination of the log; by default the journal when systemd started it, else text on stderr.",
            valueName: LogDestination.allCases.map(\.rawValue).joined(separator: "|")))
    var log: LogDestination?

    func run() throws {
        // Before there is any other thread, which would take the signals.
        let signals = try SignalWatch()
        let logger = LogDestination.choose(log).logger()
        let gateway = Gateway(file: configurationFile, makers: SinkRegistry.makers, logger: logger)
        if check {
            let configuration = try Configuration.load(path: configurationFile)
            try gateway.check(configuration)
            let count = configuration.gateway?.sinks.count ?? 0
            print("\(configurationFile): OK (\(Quantity.text(count, of: "sink")))")
            return
        }
        logger.event(.starting, .info, "inspectd-gateway \(programVersion) starting with \(configurationFile)")
        try Self.waitFor { try await gateway.run(signals: signals) }
    }
}
